import type {
  ConsumeCommand,
  LeasedMessage,
  OutcomeOf,
  StoredMessage,
} from '../commands/commands.js';
import { answerBytes } from '../store/answer-size.js';
import { type CommitGroupShare, type ConsumeShare, tooLarge } from './commit-group-share.js';
import { withLease } from './message-fields.js';
import type { QueueEntry } from './queue-entry.js';
import type { MessageTransaction } from './transaction.js';

/** A message that a store offers to a consume. */
export interface ReadyMessage {
  /** Is changed into the leased message. */
  readonly message: StoredMessage;
  /** The bytes of its payload and headers. */
  readonly bytes: number;
  /** Its message group in a FIFO queue; null elsewhere. */
  readonly groupKey: string | null;
  readonly nacks: number;
}

type LeasingTransaction = Pick<MessageTransaction, 'count' | 'tally' | 'touchMessageGroup'> & {
  /** The share of the commit group that consumes may take. */
  readonly share: CommitGroupShare;
};

/** The outcome of a consume whose project has used up its share of the commit group. */
export const CROWDED: OutcomeOf['consume'] = { messages: [], crowded: true };

/** @returns undefined if the project has used up its share of the commit group */
export function leasesFor(
  tx: LeasingTransaction,
  queue: QueueEntry,
  command: ConsumeCommand,
  leasedAtMs: number,
): Leases | undefined {
  const share = tx.share.leftFor(command);
  return share && new Leases(tx, queue, command, share, leasedAtMs);
}

/** The leases of one consume, taken within its limits from the messages that a store offers in order. */
export class Leases {
  readonly messages: LeasedMessage[] = [];
  private readonly leaseExpiresAtMs: number;
  private bytes = 0;
  /** The bytes that the message which did not fit takes in an answer. */
  private leftBytes: number | undefined;

  constructor(
    private readonly tx: LeasingTransaction,
    private readonly queue: QueueEntry,
    private readonly command: ConsumeCommand,
    private readonly share: ConsumeShare,
    leasedAtMs: number,
  ) {
    this.leaseExpiresAtMs =
      leasedAtMs + (command.visibilityTimeoutMs ?? queue.visibilityTimeoutDefaultMs);
  }

  get wantsMore(): boolean {
    return this.leftBytes === undefined && this.messages.length < this.share.maxMessages;
  }

  /** @returns undefined if the message does not fit into the answer; then nothing more is taken */
  take({ message, bytes, groupKey, nacks }: ReadyMessage): LeasedMessage | undefined {
    const { messages, command, leaseExpiresAtMs } = this;
    const messageBytes = answerBytes(bytes, message);
    const isOver = this.bytes + messageBytes > this.share.maxBytes;
    if (isOver && (messages.length > 0 || command.strict)) {
      this.leftBytes = messageBytes;
      return undefined;
    }
    this.bytes += messageBytes;
    if (groupKey !== null) this.tx.touchMessageGroup(this.queue, groupKey);
    const receipt = `${command.receiptPrefix}.${messages.length}`;
    const leased = withLease(message, { nacks, receipt, leaseExpiresAtMs });
    (leased as { deliveryCount: number }).deliveryCount += 1;
    messages.push(leased);
    return leased;
  }

  /**
   * Counts the leased messages.
   *
   * @param isCutShort there may be more messages after those that were checked
   * @param isCrowded the store did not look for as many messages as the command asks for, since other
   * consumes of its project ask for as many
   */
  outcome(isCutShort: boolean, isCrowded = false): OutcomeOf['consume'] {
    const { tx, queue, command, messages, leftBytes } = this;
    if (messages.length === 0) {
      if (leftBytes !== undefined) return { messages, ...tooLarge(command, leftBytes) };
      if (isCrowded) return { messages, crowded: true };
    } else {
      tx.count(queue, 'available', -messages.length, 0);
      tx.count(queue, 'leased', messages.length, 0);
      tx.tally(queue, 'delivered', messages.length);
      tx.share.took(command, messages.length, this.bytes);
    }
    const hasMore = leftBytes !== undefined || this.share.maxMessages < command.maxMessages;
    return hasMore || isCutShort || isCrowded ? { messages, cutShort: true } : { messages };
  }
}
