import { EXIT } from './exit-codes.js';

/** A failure that this program found itself, with what to do next. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly hint?: string,
    readonly exitCode: number = EXIT.failure,
  ) {
    super(message);
  }
}

/** The command line, or a setting that it uses, is wrong. */
export class UsageError extends CliError {
  constructor(message: string, hint?: string) {
    super(message, hint, EXIT.wrongUse);
  }
}

/** Nobody reads the output any more, as after `| head`. */
export class ReaderGone extends Error {}

/** A signal ended the verb before it was done. */
export class Interrupted extends CliError {
  constructor(signal: string, exitCode: number) {
    super(`ended by ${signal}`, undefined, exitCode);
  }
}
