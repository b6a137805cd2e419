import type { ErrorDetail, MillraceError } from '@millrace/client';
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

/** What the verb is about is not there. */
export class NotFound extends CliError {
  constructor(message: string, hint?: string) {
    super(message, hint, EXIT.notFound);
  }
}

/** An answer lacks what it must have. */
export class AnswerError extends CliError {
  constructor(field: string) {
    super(
      `the answer has no ${field}; it is not one of millrace`,
      'Check that --url, MILLRACE_URL or the context is the address of millrace.',
      EXIT.notReachable,
    );
  }
}

/** The details of a refusal; another program than millrace may have put anything there. */
export const detailsOf = ({ details }: MillraceError): readonly ErrorDetail[] =>
  Array.isArray(details)
    ? details.filter((one) => typeof one?.path === 'string' && typeof one.message === 'string')
    : [];

/** Nobody reads the output any more, as after `| head`. */
export class ReaderGone extends Error {}

/** A signal ended the verb before it was done. */
export class Interrupted extends CliError {
  constructor(signal: string, exitCode: number) {
    super(`ended by ${signal}`, undefined, exitCode);
  }
}

/** What has become of the lines of an input, by their numbers. */
export interface LinesOutcome {
  readonly stored: number;
  readonly refused: readonly number[];
  readonly unknown: readonly number[];
  /** This line and those after it were not tried; undefined if there are none. */
  readonly notTriedFrom: number | undefined;
}

/** Not all lines of the input are stored. It has the exit code of its cause. */
export class LinesFailed extends Error {
  constructor(
    message: string,
    override readonly cause: Error | undefined,
    readonly lines: LinesOutcome,
    /** The same for people. */
    readonly notes: readonly string[],
  ) {
    super(message);
  }
}
