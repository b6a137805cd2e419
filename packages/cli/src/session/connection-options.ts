import type { Command } from 'commander';
import { timeLimit } from '../input/option-values.js';

/** The options that every verb has which calls a server. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly key?: string;
  readonly context?: string;
  /** Seconds that one attempt of a call may take. */
  readonly timeout?: number;
}

export const addConnectionOptions = (command: Command): Command =>
  command
    .optionsGroup('Server:')
    .option('--url <url>', 'the address of the server (MILLRACE_URL)')
    .option('--key <key>', 'the API key (MILLRACE_API_KEY); other users can see flags')
    .option('--context <name>', 'a stored address and key (MILLRACE_CONTEXT)')
    .option('--timeout <duration>', 'how long an attempt of a call may take (15s)', timeLimit);
