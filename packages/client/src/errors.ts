import type { ServerErrorCode } from './contract/types.js';

/** Codes for what goes wrong on this side of the network. */
export type ClientErrorCode =
  /** No answer came: no connection, or it broke. */
  | 'NETWORK_ERROR'
  /** No answer came in time. */
  | 'TIMEOUT'
  /** The answer is not one of millrace, for example an error page of a proxy. */
  | 'UNEXPECTED_ANSWER'
  /** An option of this package is missing or out of its bounds. */
  | 'INVALID_OPTION'
  /** A payload does not fit the schema of the queue, or is no JSON. */
  | 'INVALID_PAYLOAD'
  /** The schema of the queue has failed with an error of its own, so nobody knows whether a payload fits. */
  | 'SCHEMA_FAILED'
  /** The signature of a push is missing or wrong. */
  | 'INVALID_SIGNATURE'
  /** The publisher was closed. */
  | 'CLOSED';

export type ErrorCode = ServerErrorCode | ClientErrorCode;

/** A field that breaks a rule. The path is a JSON pointer with the names of the wire. */
export interface ErrorDetail {
  readonly path: string;
  readonly message: string;
}

export interface MillraceErrorFields {
  readonly code: ErrorCode;
  readonly message: string;
  readonly status?: number | undefined;
  readonly hint?: string | undefined;
  readonly details?: readonly ErrorDetail[] | undefined;
  readonly requestId?: string | undefined;
  readonly retryable?: boolean;
  readonly mayHaveTakenEffect?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The only error with which calls fail, apart from the reason of an aborted signal. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code!: ErrorCode;
  /** The status of the answer, if there was one. */
  readonly status!: number | undefined;
  /** What to do next. */
  readonly hint!: string | undefined;
  readonly details!: readonly ErrorDetail[];
  /** Names the request in the server's log. */
  readonly requestId!: string | undefined;
  /** Whether the same call is worth another try later. */
  readonly retryable!: boolean;
  /** Whether the call may have taken effect although it failed: its answer was lost. */
  readonly mayHaveTakenEffect!: boolean;
  /** How long the server asked to wait. */
  readonly retryAfterMs!: number | undefined;

  constructor({ message, cause, ...fields }: MillraceErrorFields) {
    super(message, cause === undefined ? undefined : { cause });
    const { retryable = false, mayHaveTakenEffect = false } = fields;
    // Another program may answer null.
    const details = fields.details ?? [];
    Object.assign(this, { ...fields, details, retryable, mayHaveTakenEffect });
  }
}

export const invalidOption = (message: string): MillraceError =>
  new MillraceError({ code: 'INVALID_OPTION', message });

/** The text of whatever was thrown. Some values have none. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'an error';
  }
}
