import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.js';

/**
 * Message ids are UUIDs of version 7 (RFC 9562) whose 12 bits of rand_a are a counter, so that the
 * ids of one process strictly increase. Their leading 60 bits fit a store's integer row id.
 */
export interface IdSource {
  /** A fresh UUID of version 7, greater than all earlier ones. */
  uuid(): string;
  /** 22 characters of base64url, 128 random bits. */
  token(): string;
}

const COUNTER_SIZE = 4_096;
const POOL_BYTES = 4_096;
const TOKEN_BYTES = 16;
const UUID_TAIL_BYTES = 8;
/** 2024-01-01: counted from here, 41 bits of milliseconds last until 2093. */
const ROW_EPOCH_MS = 1_704_067_200_000;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text has the form of the ids that a server makes. */
export const isServerId = (id: string): boolean => UUID_V7.test(id);

export function createIdSource(clock: Clock, fillRandom = randomFillSync): IdSource {
  const uuidTails = createUuidTails(fillRandom);
  const pool = Buffer.alloc(POOL_BYTES);
  let poolOffset = POOL_BYTES;
  let lastMs = 0;
  let prefix = '';
  let counter = 0;

  const moveTo = (timeMs: number): void => {
    lastMs = timeMs;
    const timeHex = timeMs.toString(16).padStart(12, '0');
    prefix = `${timeHex.slice(0, 8)}-${timeHex.slice(8)}-7`;
    counter = 0;
  };

  return {
    uuid() {
      const nowMs = clock.nowMs();
      if (nowMs > lastMs) moveTo(nowMs);
      // More than 4,096 ids in a millisecond borrow from the next one.
      else if (++counter === COUNTER_SIZE) moveTo(lastMs + 1);
      return prefix + counter.toString(16).padStart(3, '0') + uuidTails();
    },
    token() {
      if (poolOffset + TOKEN_BYTES > POOL_BYTES) {
        fillRandom(pool);
        poolOffset = 0;
      }
      poolOffset += TOKEN_BYTES;
      return pool.toString('base64url', poolOffset - TOKEN_BYTES, poolOffset);
    },
  };
}

/** Random second halves of UUIDs. Many are converted to hex at once, which is faster than one by one. */
function createUuidTails(fillRandom: typeof randomFillSync): () => string {
  const pool = Buffer.alloc(POOL_BYTES);
  let hex = '';
  let at = 0;
  return () => {
    if (at === hex.length) {
      fillRandom(pool);
      // The two variant bits.
      for (let byte = 0; byte < POOL_BYTES; byte += UUID_TAIL_BYTES) {
        pool[byte] = 0x80 | ((pool[byte] as number) & 0x3f);
      }
      hex = pool.toString('hex');
      at = 0;
    }
    const from = at;
    at += 2 * UUID_TAIL_BYTES;
    return `-${hex.slice(from, from + 4)}-${hex.slice(from + 4, at)}`;
  };
}

/**
 * The integer row id of a message id, or undefined for a string that no server has made as an id (and
 * that no store can contain). Two ids with the same row id still differ in their random half.
 */
export function rowIdOf(messageId: string): number | undefined {
  return UUID_V7.test(messageId) ? ownRowId(messageId) : undefined;
}

/** The same for an id that this process has made, so that its form need not be checked. */
export function ownRowId(messageId: string): number | undefined {
  const timeMs = Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
  const rowId =
    (timeMs - ROW_EPOCH_MS) * COUNTER_SIZE + Number.parseInt(messageId.slice(15, 18), 16);
  return rowId > 0 && Number.isSafeInteger(rowId) ? rowId : undefined;
}

/** The time that a row id encodes, for a store that finds out how far its ids have come. */
export const rowIdTimeMs = (rowId: number): number =>
  Math.floor(rowId / COUNTER_SIZE) + ROW_EPOCH_MS;

/** The smallest row id of a millisecond. */
export const firstRowIdAt = (timeMs: number): number => (timeMs - ROW_EPOCH_MS) * COUNTER_SIZE;
