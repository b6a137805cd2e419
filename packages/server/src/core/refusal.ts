import type { ErrorBody, ErrorCode, ErrorDetail } from '@millrace/protocol';
import type { Fault } from './fault.js';
import type { DeadLetterAction } from './queue/message-state.js';

/**
 * A refusal is an outcome, not an exception: it is plain data, so it can cross threads and never spoils
 * the commit group that its command is part of.
 */
export interface Refusal extends ErrorBody {
  readonly ok: false;
  /** Another transaction had a lock; alone, or later, the command may succeed. In no answer. */
  readonly heldUp?: true;
  /** Why, for the log; in no answer. */
  readonly fault?: Fault;
}

/** Decisions and routes return their result or a refusal. */
export const isRefusal = (result: object): result is Refusal =>
  'ok' in result && result.ok === false;

export function refuse(
  code: ErrorCode,
  message: string,
  more: { hint?: string; details?: readonly ErrorDetail[]; fault?: Fault } = {},
): Refusal {
  return { ok: false, code, message, ...more };
}

/** Another transaction has locked rows that the command needs, and does not end. */
export const heldUp = (cause: string): Refusal => ({
  ...refuse(
    'STORE_UNAVAILABLE',
    'Another database transaction has locked what this call needs; nothing was done.',
    { hint: 'Wait as Retry-After says, then try again.', fault: { cause } },
  ),
  heldUp: true,
});

/** The first step of a redrive or purge is committed, but this call will not see the last one. */
export const jobInterrupted = (action: DeadLetterAction, fault: Fault | undefined): Refusal =>
  refuse(
    'OUTCOME_UNKNOWN',
    `The ${action} has started and continues by itself; the same call joins it and answers with its total count.`,
    {
      hint: 'Wait as Retry-After says, then repeat the call with the same arguments.',
      ...(fault === undefined ? {} : { fault }),
    },
  );

/** A refusal as an exception, for code that awaits; the HTTP layer turns it into an answer. */
export class RefusalError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
    this.name = 'RefusalError';
  }
}

export const fieldRefusal = (path: string, rule: string, hint?: string): Refusal =>
  refuse('INVALID_REQUEST', `${path.slice(1)} ${rule}`, {
    ...(hint === undefined ? {} : { hint }),
    details: [{ path, message: rule }],
  });

export const unauthenticated = (): Refusal =>
  refuse('UNAUTHENTICATED', 'The API key is missing, malformed, unknown, expired or revoked.', {
    hint: "Send the header 'Authorization: Bearer ifr_…' with a key of this server.",
  });

export const wrongCursor = (): Refusal =>
  fieldRefusal('/cursor', 'must be the next_cursor of an earlier page');

export const queueNotFound = (queue: string): Refusal =>
  refuse('QUEUE_NOT_FOUND', `There is no queue "${queue}" in this project.`, {
    hint: 'Create it with POST /v1/queue/create, or list the queues with GET /v1/queue/list.',
  });

export const queueInUse = (queue: string, users: readonly string[]): Refusal =>
  refuse(
    'QUEUE_IN_USE',
    `Queue "${queue}" is the dead-letter queue of ${users.map((name) => `"${name}"`).join(', ')}.`,
    {
      hint: 'Detach it from them (dead_letter_queue null, in update or in push_subscribe). Deleting it also deletes the dead letters in it, which their queues can then no longer count or redrive, so redrive them first.',
    },
  );

export const messageNotFound = (queue: string, messageId: string): Refusal =>
  refuse('MESSAGE_NOT_FOUND', `Queue "${queue}" has no message "${messageId}".`, {
    hint: 'It may have been acked, purged, moved to a dead-letter queue, or be past its retention.',
  });

export const leaseLost = (messageId: string): Refusal =>
  refuse('LEASE_LOST', `The receipt names a delivery of message ${messageId} that has ended.`, {
    hint: 'The message may be with another consumer; drop this delivery, and lease for longer or extend earlier.',
  });

export const idempotencyKeyReused = (): Refusal =>
  refuse('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used for a different request.', {
    hint: 'Use a new key for a new request; a retry must repeat the request unchanged.',
  });

export const overloaded = (what: string): Refusal =>
  refuse('OVERLOADED', `The server is at its limit of ${what}; nothing was done.`, {
    hint: 'Wait as Retry-After says, then try again.',
  });

export const subscriptionNotFound = (queue: string, subscriptionId: string): Refusal =>
  refuse(
    'SUBSCRIPTION_NOT_FOUND',
    `Queue "${queue}" has no push subscription with the id "${subscriptionId}".`,
    { hint: 'List them with GET /v1/queue/push_subscriptions/{queue}.' },
  );

export const keyNotFound = (keyId: string): Refusal =>
  refuse('KEY_NOT_FOUND', `There is no API key with the id "${keyId}".`, {
    hint: 'List the keys with GET /v1/account/keys/list.',
  });

export const leaseTooLong = (): Refusal =>
  fieldRefusal(
    '/visibility_timeout',
    'must not make the lease last more than 12 hours in all',
    'Finish the message or return it; it can then be leased again.',
  );
