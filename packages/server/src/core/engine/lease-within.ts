import type { ConsumeCommand, Outcome } from '../commands/commands.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import type { Access } from '../keys/caller.js';
import { overloaded, type Refusal } from '../refusal.js';
import type { Reservation } from './byte-budget.js';
import { SMALL_CALL_BYTES } from './byte-budget.js';

/** What an answer contains besides its messages. */
const ENVELOPE_BYTES = 512;

/**
 * Leases messages that fit into the bytes that the reservation can get. How large the messages are is not
 * known beforehand: the store leases what fits into an allowance, and reports the size of the first
 * message if that does not fit. When no message was leased, nothing stays reserved.
 *
 * @param wantedBytes the most that the messages may take
 * @param messageLeastBytes the least that each message counts for
 */
export async function leaseWithin(
  commit: GroupCommit,
  room: Reservation,
  wanted: Omit<ConsumeCommand, 'kind' | 'maxBytes' | 'strict'>,
  wantedBytes: number,
  access: Access,
  messageLeastBytes = 1,
): Promise<Outcome<'consume'>> {
  const hasRoom =
    room.takeShareNow(wantedBytes + ENVELOPE_BYTES, SMALL_CALL_BYTES) ||
    (await room.takeSoon(SMALL_CALL_BYTES));
  if (!hasRoom) return noRoom();
  for (;;) {
    const maxBytes = room.bytes - ENVELOPE_BYTES;
    const maxMessages = Math.min(wanted.maxMessages, Math.ceil(maxBytes / messageLeastBytes));
    // Written out, because spreading objects takes longer than anything else here.
    const command: ConsumeCommand = {
      kind: 'consume',
      project: wanted.project,
      queue: wanted.queue,
      idempotency: wanted.idempotency,
      autoCreate: wanted.autoCreate,
      maxMessages,
      visibilityTimeoutMs: wanted.visibilityTimeoutMs,
      receiptPrefix: wanted.receiptPrefix,
      maxBytes,
      strict: true,
      onePerMessageGroup: wanted.onePerMessageGroup ?? false,
      ...(wanted.keyId === undefined ? undefined : { keyId: wanted.keyId }),
    };
    const outcome = await commit.submit<ConsumeCommand>(command, access);
    if (outcome.ok && outcome.messages.length > 0) {
      const isCut = outcome.messages.length === maxMessages && maxMessages < wanted.maxMessages;
      return isCut ? { ...outcome, cutShort: true } : outcome;
    }
    room.release();
    if (!outcome.ok || outcome.needsBytes === undefined) return outcome;
    if (!(await room.takeSoon(outcome.needsBytes + ENVELOPE_BYTES))) return noRoom();
  }
}

export const noRoom = (): Refusal => overloaded('bytes in flight');
