import { causeOf, faultOf } from '../../../core/fault.js';
import { type Refusal, refuse } from '../../../core/refusal.js';

/**
 * Translates the errors of SQLite. After a failed write or sync, the state of the file is unknown (a
 * second fsync may report success for data that was dropped), so the store must stop.
 */
export function isFatal(error: unknown): boolean {
  const code = codeOf(error);
  return !isFull(error) && /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|READONLY)/.test(code);
}

/** Nothing was written. The WAL index, whose content need not survive, has an error code of its own. */
export const isFull = (error: unknown): boolean =>
  /^SQLITE_(FULL|IOERR_SHMSIZE)/.test(codeOf(error));

/** The cause is temporary, so the same work can be tried again later. */
export const isPassing = (error: unknown): boolean =>
  isFull(error) || /^SQLITE_(BUSY|LOCKED|NOMEM)/.test(codeOf(error));

export function refusalOf(error: unknown): Refusal {
  const code = codeOf(error);
  if (isFull(error)) {
    return refuse('STORAGE_FULL', 'The disk is full; nothing was done.', {
      hint: 'Give the server more space, then retry.',
      fault: { cause: causeOf(error) },
    });
  }
  if (/^SQLITE_(BUSY|LOCKED|NOMEM)/.test(code)) {
    return refuse('STORE_UNAVAILABLE', 'The store is busy; nothing was done.', {
      hint: 'Wait as Retry-After says, then try again.',
      fault: { cause: causeOf(error) },
    });
  }
  // A fault in this program. The cause goes to the log of the process, never into an answer.
  return refuse('INTERNAL', 'The server failed on this request; nothing was done.', {
    fault: faultOf(error),
  });
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');
