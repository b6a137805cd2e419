import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.js';

/**
 * Message ids are UUIDs of version 7 (RFC 9562) whose 12 bits of rand_a are a counter, so that the
 * ids of one process strictly increase. Their leading 60 bits fit a store's integer row id.
 */
export interface IdSource {
  /** A fresh UUID of version 7, greater than all before it. */
  uuid(): string;
  /** 22 characters of base64url, 128 random bits. */
  token(): string;
}

const COUNTER_SIZE = 4_096;
const POOL_BYTES = 4_096;
/** 2024-01-01: counted from here, 41 bits of milliseconds last until 2093. */
const ROW_EPOCH_MS = 1_704_067_200_000;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function createIdSource(clock: Clock, fillRandom = randomFillSync): IdSource {
  const pool = Buffer.alloc(POOL_BYTES);
  let poolOffset = POOL_BYTES;
  let lastMs = 0;
  let counter = 0;

  const takeRandom = (bytes: number): number => {
    if (poolOffset + bytes > POOL_BYTES) {
      fillRandom(pool);
      poolOffset = 0;
    }
    poolOffset += bytes;
    return poolOffset - bytes;
  };

  return {
    uuid() {
      const nowMs = clock.nowMs();
      if (nowMs > lastMs) {
        lastMs = nowMs;
        counter = 0;
      } else if (++counter === COUNTER_SIZE) {
        // More than 4,096 ids in a millisecond borrow from the next one.
        lastMs += 1;
        counter = 0;
      }
      const timeHex = lastMs.toString(16).padStart(12, '0');
      const counterHex = (0x7000 | counter).toString(16);
      const offset = takeRandom(8);
      pool[offset] = 0x80 | ((pool[offset] as number) & 0x3f);
      const tailHex = pool.toString('hex', offset, offset + 8);
      return `${timeHex.slice(0, 8)}-${timeHex.slice(8)}-${counterHex}-${tailHex.slice(0, 4)}-${tailHex.slice(4)}`;
    },
    token() {
      const offset = takeRandom(16);
      return pool.toString('base64url', offset, offset + 16);
    },
  };
}

/**
 * The integer row id that a message id stands for, or undefined for a string that is no id of ours
 * (which no store can hold). Two ids that share it still differ in their random half.
 */
export function rowIdOf(messageId: string): number | undefined {
  return UUID_V7.test(messageId) ? ownRowId(messageId) : undefined;
}

/** The same for an id that this process has made, which needs no look at its form. */
export function ownRowId(messageId: string): number | undefined {
  const timeMs = Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
  const rowId =
    (timeMs - ROW_EPOCH_MS) * COUNTER_SIZE + Number.parseInt(messageId.slice(15, 18), 16);
  return rowId > 0 && Number.isSafeInteger(rowId) ? rowId : undefined;
}

/** The time that stands in a row id, for a store that asks how far its ids have come. */
export const rowIdTimeMs = (rowId: number): number =>
  Math.floor(rowId / COUNTER_SIZE) + ROW_EPOCH_MS;

/** The least row id of a millisecond. */
export const firstRowIdAt = (timeMs: number): number => (timeMs - ROW_EPOCH_MS) * COUNTER_SIZE;
