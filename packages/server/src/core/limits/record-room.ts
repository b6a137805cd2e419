import type { Command } from '../commands/commands.js';
import type { Idempotency } from '../commands/queue-command.js';
import { isSettling, namedMessages } from '../commands/settling-commands.js';
import type { RecordedAnswer } from '../queue/transaction.js';
import { type Refusal, refuse } from '../refusal.js';
import type { Room } from './storage-limits.js';

/**
 * Records and deduplication ids, kept for retries, take room like messages do. Calls that a full queue
 * does not refuse must not fill the disk with them, so room is checked before a command does anything.
 */

/** What a record takes besides its texts: its row and its entries in two indexes. */
export const RECORD_OVERHEAD_BYTES = 200;
const MESSAGE_ID_BYTES = 36;

export const recordBytes = (key: string, { fingerprint, outcome }: RecordedAnswer): number =>
  RECORD_OVERHEAD_BYTES +
  Buffer.byteLength(key) +
  Buffer.byteLength(fingerprint) +
  Buffer.byteLength(outcome);

export const deduplicationBytes = (id: string): number =>
  RECORD_OVERHEAD_BYTES + Buffer.byteLength(id) + MESSAGE_ID_BYTES;

/** Records of settling calls may exceed the quota by this part of it, and by at least the minimum. */
const SETTLING_PART = 1 / 8;
const SETTLING_MIN_BYTES = 1024 * 1024;

type Recordable = Extract<Command, { idempotency: unknown }>;

/** A publish is checked together with its messages, see `checkStorage`. */
export function checkRecordRoom(room: Room, command: Recordable): Refusal | undefined {
  const { kind, project, idempotency } = command;
  if (idempotency === null || kind === 'publish') return undefined;
  const settles = kind === 'consume' || isSettling(command);
  if (room.disk === 'very_low' || (room.disk === 'low' && !settles)) return diskHasNoRoom();
  const { projectBytes } = room.limits;
  if (projectBytes === 0) return undefined;
  const extra = settles ? Math.max(projectBytes * SETTLING_PART, SETTLING_MIN_BYTES) : 0;
  const wanted = room.usageOf(project).bytes + expectedRecordBytes(command, idempotency);
  return wanted <= projectBytes + extra ? undefined : projectHasNoRoom(projectBytes);
}

const OUTCOME_BYTES = 1_024;
const OUTCOME_PER_MESSAGE_BYTES = 128;
/** The largest entry is that of a lost lease, which names its message twice. */
const OUTCOME_PER_ENTRY_BYTES = 384;

/** An estimate of the most that the record will take: the answer is not known yet. */
export function expectedRecordBytes(command: Recordable, idempotency: Idempotency): number {
  const { key, fingerprint } = idempotency;
  const texts = Buffer.byteLength(key) + Buffer.byteLength(fingerprint);
  return RECORD_OVERHEAD_BYTES + texts + expectedOutcomeBytes(command);
}

function expectedOutcomeBytes(command: Recordable): number {
  if (isSettling(command)) return OUTCOME_PER_ENTRY_BYTES * (1 + namedMessages(command).length);
  if (command.kind === 'publish') return OUTCOME_PER_MESSAGE_BYTES * (1 + command.messages.length);
  if (command.kind === 'consume') return OUTCOME_PER_MESSAGE_BYTES * (1 + command.maxMessages);
  return OUTCOME_BYTES;
}

const diskHasNoRoom = (): Refusal =>
  refuse(
    'STORAGE_FULL',
    'The disk has too little free space to remember an idempotency key (--min-free-bytes).',
    {
      hint: 'Leave out the idempotency key, consume and ack messages, or give the server more space.',
    },
  );

const projectHasNoRoom = (limit: number): Refusal =>
  refuse(
    'STORAGE_FULL',
    `The project may hold at most ${limit} bytes, which include its idempotency keys.`,
    {
      hint: 'Leave out the idempotency key, consume and ack messages, or raise --max-project-bytes.',
    },
  );
