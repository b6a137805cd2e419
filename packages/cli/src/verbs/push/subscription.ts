import type { PushDelivery } from '@millrace/client';
import type { Command } from 'commander';
import { CliError } from '../../errors.js';
import { table } from '../../output/table.js';
import { addVerb, runsOnServer } from '../verb.js';

/** The verbs that test, pause, resume and show one push subscription. */
export function addSubscriptionVerbs(push: Command): void {
  addTest(push);
  addPause(push);
  addResume(push);
  addDeliveries(push);
}

const ID = '01a21d99-f2d3-7000-ab11-9db7a3e58b4c';

function addTest(push: Command): void {
  const command = addVerb(push, {
    usage: 'test <queue> <subscription-id>',
    summary: 'posts a test message once and shows the outcome',
    details: 'The exit code is 1 if the receiver did not accept it.',
    examples: [`push test mails ${ID}`],
  });
  runsOnServer<[string, string]>(command, async ({ client, out }, [name, id]) => {
    const result = await (await client()).queue(name).pushTest(id);
    const { delivered, status, durationMs, error } = result;
    const outcome = error ?? `the receiver answered ${status}`;
    await out.record(result, () => `${outcome} after ${durationMs} ms`);
    if (!delivered) {
      throw new CliError('the test message was not delivered', 'Check the url and its receiver.');
    }
  });
}

function addPause(push: Command): void {
  const command = addVerb(push, {
    usage: 'pause <queue> <subscription-id>',
    summary: 'begins no more pushes; the messages stay in the queue',
    examples: [`push pause mails ${ID}`],
  });
  runsOnServer<[string, string]>(command, async ({ client, out }, [name, id]) => {
    const subscription = await (await client()).queue(name).pushPause(id);
    await out.record(subscription, () => `the subscription is ${subscription.state}`);
  });
}

function addResume(push: Command): void {
  const command = addVerb(push, {
    usage: 'resume <queue> <subscription-id>',
    summary: 'pushes again, also after a receiver answered 410',
    examples: [`push resume mails ${ID}`],
  });
  runsOnServer<[string, string]>(command, async ({ client, out }, [name, id]) => {
    const subscription = await (await client()).queue(name).pushResume(id);
    await out.record(subscription, () => `the subscription is ${subscription.state}`);
  });
}

function addDeliveries(push: Command): void {
  const command = addVerb(push, {
    usage: 'deliveries <queue> <subscription-id>',
    summary: 'lists the last 100 pushes, newest first',
    examples: [`push deliveries mails ${ID}`],
  });
  runsOnServer<[string, string]>(command, async ({ client, out }, [name, id]) => {
    const deliveries = (await client()).queue(name).pushDeliveries(id);
    await out.list(deliveries, (items) => table(COLUMNS, items.map(rowOf)));
  });
}

const COLUMNS = ['AT', 'MESSAGE', 'ATTEMPT', 'STATUS', 'MS', 'ERROR'];

const rowOf = ({ at, messageId, attempt, status, durationMs, error }: PushDelivery) => [
  at,
  messageId,
  attempt,
  status,
  durationMs,
  error,
];
