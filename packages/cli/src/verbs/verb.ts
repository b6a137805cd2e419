import type { Command } from 'commander';
import { addConnectionOptions, type ConnectionOptions } from '../session/connection-options.js';
import { Session } from '../session/session.js';

export interface VerbText {
  /** The name with its arguments, for example `show <queue>`. */
  readonly usage: string;
  /** One line, beginning with a verb in the third person. */
  readonly summary: string;
  /** What else a user must know. */
  readonly details?: string;
  /** Command lines without the word `millrace`. */
  readonly examples: readonly string[];
}

/** Adds a verb with the texts of its help. */
export function addVerb(parent: Command, text: VerbText): Command {
  const { usage, summary, details, examples } = text;
  const listed = examples.map((example) => `  millrace ${example}`).join('\n');
  return parent
    .command(usage)
    .summary(summary)
    .description(details === undefined ? sentence(summary) : `${sentence(summary)} ${details}`)
    .addHelpText('after', `\nExamples:\n${listed}`);
}

const sentence = (summary: string): string =>
  `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

/** @param options those of the verb itself, which are named like the fields of its call */
type Run<Args extends unknown[], Options> = (
  session: Session,
  args: Args,
  options: Options,
) => Promise<void>;

/** Gives a verb its action, and `--json`. */
export function runs<Args extends unknown[], Options = object>(
  command: Command,
  run: Run<Args, Options>,
): void {
  command.option('--json', 'print JSON, one object in each line').action(async () => {
    const { json, url, key, context, timeout, ...options } = command.opts<
      ConnectionOptions & { readonly json?: boolean }
    >();
    const connection = { url, key, context, timeout } as ConnectionOptions;
    const session = new Session(connection, json === true);
    await run(session, command.processedArgs as Args, options as Options);
  });
}

/** The same for a verb that calls a server, with the options that name it. */
export function runsOnServer<Args extends unknown[], Options = object>(
  command: Command,
  run: Run<Args, Options>,
): void {
  runs(command, run);
  addConnectionOptions(command);
}
