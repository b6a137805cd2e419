import pg from 'pg';
import { causeOf, faultOf } from '../../../core/fault.js';
import { heldUp, type Refusal, refuse } from '../../../core/refusal.js';

/** Translates the errors of PostgreSQL and its driver, at the edge of the store. */

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

/** The commit was sent, but its answer never came. */
export class OutcomeUnknownError extends Error {
  constructor(override readonly cause: Error) {
    super(cause.message);
  }
}

/** Tables in which two nodes may insert the same row at once: a key, a name, a bucket both emptied. */
const INSERTED_BY_OTHERS = new Set(['idempotency', 'queues', 'discarded_buckets']);

/** Another transaction was in the way: the commit group can run again, unnoticed by its callers. */
export function isConflict(error: unknown): boolean {
  // Serialization failure, deadlock, a row that was removed or became referenced since it was read, or
  // a row that another node inserted first.
  if (['40001', '40P01', '23503'].includes(codeOf(error))) return true;
  const { table = '' } = error as { table?: string };
  return codeOf(error) === '23505' && INSERTED_BY_OTHERS.has(table);
}

/** Another transaction has held a lock that a statement needs for too long. */
export const isHeldUp = (error: unknown): boolean => codeOf(error) === '55P03';

/** The database's disk has no room for what a statement writes. */
export const isDiskFull = (error: unknown): boolean => codeOf(error) === '53100';

/** The role lacks a right. */
export const isForbidden = (error: unknown): boolean => codeOf(error) === '42501';

/** A commit group made a wrong assumption: it can run again, and read first. */
export const isWrongAssumption = (error: unknown): boolean => codeOf(error) === 'MR001';

/** The connection or the server went away, so that the transaction cannot go on. */
export function isConnectionLoss(error: unknown): boolean {
  // A fault in this program is no fault of the connection.
  if (error instanceof TypeError || error instanceof RangeError) return false;
  // An error that the server did not send came from the socket or the driver.
  if (!(error instanceof pg.DatabaseError)) return true;
  // Connection exceptions, shutdown and start-up, too many connections, a timed-out statement.
  return /^(08|57P|53300|57014|25006|25P03)/.test(codeOf(error));
}

/**
 * The server has answered a statement with an error, so the commit after it was skipped. A more severe
 * error ends the connection, and may have come after the commit. The exception is the end of a session
 * that was idle inside its transaction, such as that of a suspended node.
 */
export const isRolledBack = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.severity === 'ERROR' || codeOf(error) === '25P03');

export function refusalOf(error: unknown): Refusal {
  if (isHeldUp(error)) return heldUp(causeOf(error));
  if (isConnectionLoss(error) || isConflict(error)) {
    return refuse('STORE_UNAVAILABLE', 'The database cannot be reached; nothing was done.', {
      hint: 'Wait as Retry-After says, then try again.',
      fault: { cause: causeOf(error) },
    });
  }
  if (isDiskFull(error)) {
    return refuse('STORAGE_FULL', "The database's disk is full; nothing was done.", {
      hint: 'Give the database more space, then retry.',
      fault: { cause: causeOf(error) },
    });
  }
  // A fault in this program. The cause goes to the log of the process, never into an answer. The
  // server's details may quote a whole row, payload included, and go nowhere.
  return refuse('INTERNAL', 'The server failed on this request; nothing was done.', {
    fault: faultOf(error),
  });
}
