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

/** One run of a commit group: its transaction, its recorded answers and the lookups of its replays. */
export class CommitGroup {
  readonly records: IdempotencyRecords;
  readonly deduplications: MessageDeduplications;
  /** Leased messages by id, which a repeated consume may get back. */
  readonly held = new Map<string, LeasedMessage>();
  /** The bytes of the messages that a strict consume would get back, if they are too many. */
  readonly heldTooLarge = new Map<Command, number>();
  /** Leases and delays that this run has settled. */
  settled = 0;
  /** Run once the commit group has committed. */
  readonly afterCommit: (() => void)[] = [];
  readonly graceEndMs: number;

  constructor(
    readonly tx: PostgresTransaction,
    startedAtMs: number,
    /** False while the database's clock disagrees with this node's: then time ends nothing. */
    readonly isTimeTrusted: boolean,
    readonly readyWatermarks: ReadyWatermarks,
    readonly dueWatermark: DueWatermark,
    /** Converts a time that the database has just reported to store time. */
    readonly timeOf: (databaseMs: number) => number,
    /** The time of the clock that a test has provided; null if the store clock is used. */
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

/** Decides on a command for messages of the queue it names, once per idempotency key. */
export function onItsQueue<C extends Extract<Command, QueueCommand>>(
  { tx, records, lookups }: CommitGroup,
  command: C,
  decide: (queue: QueueEntry) => OutcomeOf[C['kind']] | Refusal,
): Outcome<C['kind']> {
  const queue = tx.queue(command.project, command.queue);
  if (queue === undefined) return queueNotFound(command.queue);
  return withIdempotency(records, lookups, command, queue, () => accept<C['kind']>(decide(queue)));
}
