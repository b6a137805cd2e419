import type { Command } from 'commander';
import {
  addContext,
  findContext,
  listContexts,
  removeContext,
  useContext,
} from '../../contexts/contexts.js';
import { UsageError } from '../../errors.js';
import { askForSecret } from '../../input/secret.js';
import { recordLines, table } from '../../output/table.js';
import { isKey, KEY_RULE, ruleBrokenBy } from '../../session/connection.js';
import { addVerb, runs } from '../verb.js';

export function addContextVerbs(context: Command): void {
  addAdd(context);
  addList(context);
  addUse(context);
  addShow(context);
  addRemove(context);
}

interface AddFlags {
  readonly url: string;
  readonly key?: string;
}

function addAdd(context: Command): void {
  const command = addVerb(context, {
    usage: 'add <name>',
    summary: 'stores the address and the key of a server under a name',
    details:
      'The key is asked for, or read from the standard input if that is no terminal. It is stored in a ' +
      'file that only you can read, and is never printed. The first context becomes the current one.',
    examples: [
      'context add prod --url https://queue.example',
      'context add prod --url https://queue.example < key.txt',
    ],
  })
    .requiredOption('--url <url>', 'the address of the server')
    .option('--key <key>', 'the API key; other users of this machine can see flags');
  // The session takes --url and --key for those of a call, so they are read from the command.
  runs<[string]>(command, async ({ out }, [name]) => {
    const { url, key } = command.opts<AddFlags>();
    // Without the address itself: somebody may have put the key there.
    const rule = ruleBrokenBy(url);
    if (rule !== undefined) throw new UsageError(`--url ${rule}`);
    const apiKey = key ?? (await askForSecret(`API key for ${url}`));
    if (!isKey(apiKey)) throw new UsageError(`the API key ${KEY_RULE}`);
    addContext(name, { url, apiKey });
    await out.record({ name, url }, () => `the context ${name} is stored`);
  });
}

function addList(context: Command): void {
  const command = addVerb(context, {
    usage: 'list',
    summary: 'lists the contexts; the current one has a star',
    examples: ['context list'],
  });
  runs<[]>(command, async ({ out }) => {
    const contexts = listContexts();
    const rows = contexts.map(({ name, url, current }) => [current ? '*' : '', name, url]);
    await out.list(contexts, () => table(['', 'NAME', 'URL'], rows));
  });
}

function addUse(context: Command): void {
  const command = addVerb(context, {
    usage: 'use <name>',
    summary: 'makes a context the current one',
    examples: ['context use prod'],
  });
  runs<[string]>(command, async ({ out }, [name]) => {
    useContext(name);
    await out.record({ name }, () => `${name} is the current context`);
  });
}

function addShow(context: Command): void {
  const command = addVerb(context, {
    usage: 'show [name]',
    summary: 'shows a context, by default the current one, without its key',
    examples: ['context show', 'context show prod --json'],
  });
  runs<[string | undefined]>(command, async ({ out }, [name]) => {
    const context = findContext(name);
    if (context === undefined) {
      throw new UsageError(
        'there is no current context',
        'Choose one with: millrace context use NAME',
      );
    }
    const shown = name ?? listContexts().find(({ current }) => current)?.name;
    const record = { name: shown, url: context.url };
    await out.record(record, () => recordLines(record));
  });
}

function addRemove(context: Command): void {
  const command = addVerb(context, {
    usage: 'remove <name>',
    summary: 'forgets a context and its key',
    examples: ['context remove prod'],
  });
  runs<[string]>(command, async ({ out }, [name]) => {
    removeContext(name);
    await out.record({ name, removed: true }, () => `the context ${name} is removed`);
  });
}
