import type {
  Command,
  LeasedMessage,
  Outcome,
  OutcomeOf,
} from '../../../core/commands/commands.js';
import { accept } from '../../../core/commands/outcome.js';
import type { QueueCommand } from '../../../core/commands/queue-command.js';
import { type ReplayLookups, withIdempotency } from '../../../core/commands/replay.js';
import { RESTART_GRACE_MS } from '../../../core/queue/message-state.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { queueNotFound, type Refusal } from '../../../core/refusal.js';
import type { DueWatermark, ReadyWatermarks } from '../tuning/scan-watermarks.js';
import { MessageDeduplications } from './deduplications.js';
import { IdempotencyRecords } from './records.js';
import type { PostgresTransaction } from './transaction.js';

/** One run of a commit group: its transaction, its recorded answers and what replays may look up. */
export class CommitGroup {
  readonly records: IdempotencyRecords;
  readonly deduplications: MessageDeduplications;
  /** Messages that are leased, by id: what a consume made again may get back. */
  readonly held = new Map<string, LeasedMessage>();
  /** How much the messages that a strict consume would get back take, where that is too much. */
  readonly heldTooLarge = new Map<Command, number>();
  /** Leases and delays that this run has settled. */
  settled = 0;
  /** What is known once the commit group has committed. */
  readonly afterCommit: (() => void)[] = [];
  readonly graceEndMs: number;

  constructor(
    readonly tx: PostgresTransaction,
    startedAtMs: number,
    /** False while the database's clock disagrees with this node's: nothing is ended by time. */
    readonly isTimeTrusted: boolean,
    readonly readyWatermarks: ReadyWatermarks,
    readonly dueWatermark: DueWatermark,
    /** The store's time, given what the database has just said that its time is. */
    readonly timeOf: (databaseMs: number) => number,
    /** The store's time where it is not the database's; null: it is. */
    readonly clockMs: number | null,
  ) {
    this.records = new IdempotencyRecords(tx);
    this.deduplications = new MessageDeduplications(tx);
    this.graceEndMs = startedAtMs + RESTART_GRACE_MS;
  }

  readonly lookups: ReplayLookups = {
    stillHeld: (_queue, command, given) => {
      const needsBytes = this.heldTooLarge.get(command);
      if (needsBytes !== undefined) return { needsBytes };
      return given.flatMap(({ messageId, receipt }) => {
        const message = this.held.get(messageId);
        return message?.receipt === receipt ? [message] : [];
      });
    },
    queueExists: (id) => this.tx.queueById(id) !== undefined,
  };
}

/** Decides on a command on the messages of the queue that it names, once under its idempotency key. */
export function onItsQueue<C extends Extract<Command, QueueCommand>>(
  { tx, records, lookups }: CommitGroup,
  command: C,
  decide: (queue: QueueEntry) => OutcomeOf[C['kind']] | Refusal,
): Outcome<C['kind']> {
  const queue = tx.queue(command.project, command.queue);
  if (queue === undefined) return queueNotFound(command.queue);
  return withIdempotency(records, lookups, command, queue, () => accept<C['kind']>(decide(queue)));
}
