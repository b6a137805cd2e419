import type { Accepted, Command, LeasedMessage, Outcome } from '../../../core/commands/commands.js';
import {
  pushStored,
  STORED_FIELDS,
  storedMessageOf,
  withLease,
} from '../../../core/queue/message-fields.js';

/**
 * Encodes the outcomes of the writer thread. Copying an object to another thread writes the name of every
 * field, and a leased message has many, so leased messages are sent as rows of values: with names, a
 * consume takes an eighth more CPU. All other outcomes are sent as they are.
 */
export type PackedOutcome = PackedLeases | Outcome;
type PackedLeases = readonly unknown[];

const STORED = STORED_FIELDS.length;
const HEAD_SIZE = 2;
const MESSAGE_SIZE = STORED + 3;

export function packOutcome(command: Command, outcome: Outcome): PackedOutcome {
  if (command.kind !== 'consume' || !outcome.ok) return outcome;
  const { replayed, cutShort, messages } = outcome as Accepted<'consume'>;
  // An answer without messages may say why it has none, and is sent as it is.
  if (messages.length === 0) return outcome;
  const row: unknown[] = [replayed, cutShort];
  for (const message of messages) {
    pushStored(row, message);
    row.push(message.nacks, message.receipt, message.leaseExpiresAtMs);
  }
  return row;
}

export function unpackOutcome(packed: PackedOutcome): Outcome {
  if (!isRow(packed)) return packed;
  const [replayed, cutShort] = packed as [boolean, true | undefined];
  const messages: LeasedMessage[] = [];
  for (let at = HEAD_SIZE; at < packed.length; at += MESSAGE_SIZE) {
    messages.push(leasedMessageAt(packed, at));
  }
  return { ok: true, replayed, messages, ...(cutShort && { cutShort }) };
}

const leasedMessageAt = (row: PackedLeases, at: number): LeasedMessage =>
  withLease(storedMessageOf(row, at), {
    nacks: row[at + STORED] as number,
    receipt: row[at + STORED + 1] as string,
    leaseExpiresAtMs: row[at + STORED + 2] as number,
  });

const isRow = (packed: PackedOutcome): packed is PackedLeases => Array.isArray(packed);
