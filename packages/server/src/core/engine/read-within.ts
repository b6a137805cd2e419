import { RefusalError } from '../refusal.js';
import type { Query, ReadResult, Store } from '../store/store.js';
import { type Reservation, SMALL_CALL_BYTES } from './byte-budget.js';
import { noRoom } from './lease-within.js';

/** What an answer contains besides its messages, a cursor included. */
const ENVELOPE_BYTES = 4_096;

type BoundedKind = 'peek' | 'message' | 'deadLetters';

/**
 * Reads messages that fit into the bytes that the reservation can get, as `leaseWithin` leases them.
 *
 * @throws RefusalError where there is no room
 */
export async function readWithin<K extends BoundedKind>(
  store: Store,
  room: Reservation,
  query: Omit<Query<K>, 'maxBytes' | 'strict'>,
  wantedBytes: number,
): Promise<ReadResult[K]> {
  const hasRoom =
    room.takeShareNow(wantedBytes, SMALL_CALL_BYTES) || (await room.takeSoon(SMALL_CALL_BYTES));
  if (!hasRoom) throw new RefusalError(noRoom());
  for (;;) {
    const bounds = { maxBytes: room.bytes - ENVELOPE_BYTES, strict: true };
    const result = await store.read({ ...query, ...bounds } as unknown as Query<K>);
    const needsBytes = result?.needsBytes;
    if (needsBytes === undefined) return result;
    room.release();
    if (!(await room.takeSoon(needsBytes + ENVELOPE_BYTES))) throw new RefusalError(noRoom());
  }
}
