import type { PushSubscribeParams, PushSubscription } from '@millrace/client';
import { type Command, Option } from 'commander';
import { NotFound } from '../../errors.js';
import {
  addConfirmationOptions,
  type ConfirmationOptions,
  confirmed,
} from '../../input/confirmed.js';
import {
  duration,
  header,
  listOf,
  positiveNumber,
  wholeNumber,
} from '../../input/option-values.js';
import { secretFrom } from '../../input/secret.js';
import { recordLines, table } from '../../output/table.js';
import { addVerb, runsOnServer } from '../verb.js';

export function addPushVerbs(push: Command): void {
  addSubscribe(push);
  addList(push);
  addUnsubscribe(push);
}

type SubscribeFlags = Omit<PushSubscribeParams, 'url' | 'headers' | 'secret'> & {
  readonly secret?: string;
  readonly header?: Record<string, string>;
  readonly allowMessageHeader?: string[];
};

function addSubscribe(push: Command): void {
  const command = addVerb(push, {
    usage: 'subscribe <queue> <receiver>',
    summary: 'has the messages of a queue posted to a url',
    details: 'For a url that is subscribed already, it changes the settings that are given.',
    examples: [
      'push subscribe mails https://mails.example/hook --secret - < secret.txt',
      'push subscribe mails https://mails.example/hook --format payload --max-in-flight 50',
    ],
  })
    .option(
      '--secret <secret>',
      'signs each push; - asks for it, or reads a line of the standard input',
    )
    .addOption(new Option('--format <format>', 'what is posted').choices(['message', 'payload']))
    .option(
      '--max-retries <n>',
      "failed pushes before a dead letter; else the queue's",
      wholeNumber,
    )
    .option('--visibility-timeout <duration>', "the lease of a push; else the queue's", duration)
    .option('--dead-letter-queue <queue>', "for what cannot be pushed; else the queue's")
    .option('--max-in-flight <n>', 'pushes at once (10)', positiveNumber)
    .option('--header <name=value>', 'a header of each push; may be repeated', header)
    .option('--allow-message-header <name>', 'a header that messages may set', listOf);
  runsOnServer<[string, string], SubscribeFlags>(
    command,
    async ({ client, out }, [name, url], flags) => {
      const { header: headers, allowMessageHeader, secret, ...settings } = flags;
      const subscription = await (await client()).queue(name).pushSubscribe(url, {
        ...settings,
        headers,
        allowedMessageHeaders: allowMessageHeader,
        secret: await secretFrom(secret, 'Secret that signs the pushes'),
      });
      await out.record(subscription, () => recordLines(subscription));
    },
  );
}

function addList(push: Command): void {
  const command = addVerb(push, {
    usage: 'list <queue>',
    summary: 'lists the push subscriptions of a queue',
    examples: ['push list mails'],
  });
  runsOnServer<[string]>(command, async ({ client, out }, [name]) => {
    const subscriptions = (await client()).queue(name).pushSubscriptions();
    await out.list(subscriptions, (items) => table(COLUMNS, items.map(rowOf)));
  });
}

const COLUMNS = ['SUBSCRIPTION', 'STATE', 'SIGNED', 'FORMAT', 'URL'];

const rowOf = (subscription: PushSubscription) => [
  subscription.subscriptionId,
  stateOf(subscription),
  subscription.signed,
  subscription.format,
  subscription.url,
];

function addUnsubscribe(push: Command): void {
  const command = addVerb(push, {
    usage: 'unsubscribe <queue> <subscription-id>',
    summary: 'ends a push subscription',
    details: 'The messages stay in the queue.',
    examples: ['push unsubscribe mails 01a21d99-f2d3-7000-ab11-9db7a3e58b4c --yes'],
  });
  addConfirmationOptions(command);
  runsOnServer<[string, string], ConfirmationOptions>(
    command,
    async (session, [name, id], options) => {
      const queue = (await session.client()).queue(name);
      const all = await queue.pushSubscriptions().toArray();
      const known = all.find(({ subscriptionId }) => subscriptionId === id);
      if (known === undefined) throw noSubscription(name, id);
      const description = `end the push subscription to ${known.url} of the queue ${name}`;
      const effect = { action: 'queue.push_unsubscribe', target: id, affected: 1, description };
      if (!(await confirmed(session, effect, options))) return;
      const result = await queue.pushUnsubscribe(id);
      if (!result.deleted) throw noSubscription(name, id);
      await session.out.record(result, () => 'the subscription has ended');
    },
  );
}

const noSubscription = (queue: string, id: string): NotFound =>
  new NotFound(
    `the queue ${queue} has no push subscription ${id}`,
    `See which there are: millrace push list ${queue}`,
  );

/** While the breaker is open, an active subscription pushes nothing but probes. */
function stateOf({ state, pausedReason, breaker }: PushSubscription): string {
  if (pausedReason) return `${state} (${pausedReason})`;
  return state === 'active' && breaker === 'open' ? 'active (receiver down)' : state;
}
