import type { StoredMessage } from '../commands/commands.js';

/** Field names, ids, times and counts of a message in an answer. */
const FRAME_BYTES = 640;
/** What an empty message takes. */
export const LEAST_ANSWER_BYTES = FRAME_BYTES;
/** JSON escapes a control character in six bytes; no other character takes more. */
const ESCAPED_MAX_BYTES = 6;

/** The most bytes its failed deliveries take in an answer: stored as JSON, answered with other names. */
export const failuresBytes = (failureLog: string | null): number =>
  failureLog === null ? 0 : 2 * Buffer.byteLength(failureLog);

/**
 * The most bytes that a message takes in an answer.
 *
 * @param bodyBytes the bytes of its payload and headers
 */
export function answerBytes(bodyBytes: number, message: Omit<StoredMessage, 'payload'>): number {
  const { groupId, deduplicationId, lastError, sourceQueue } = message;
  const chars =
    (groupId?.length ?? 0) +
    (deduplicationId?.length ?? 0) +
    (lastError?.length ?? 0) +
    (sourceQueue?.length ?? 0);
  return FRAME_BYTES + bodyBytes + ESCAPED_MAX_BYTES * chars;
}
