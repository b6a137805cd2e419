import type { Log } from '../log.js';
import type { DeadLetterReason } from '../queue/message-state.js';
import type { QueueEntry } from '../queue/queue-entry.js';

/** Messages of one queue that became dead letters in one commit group, for the same reason. */
export interface DeadLettered {
  readonly project: string;
  readonly queue: string;
  readonly reason: DeadLetterReason;
  messages: number;
  /** Of the last one. */
  messageId: string;
}

/** The messages that became dead letters in a commit group, for the log once it is committed. */
export class DeadLetterReport {
  private readonly byKind = new Map<string, DeadLettered>();

  add({ id, project, name }: QueueEntry, reason: DeadLetterReason, messageId: string): void {
    const key = `${id} ${reason}`;
    const known = this.byKind.get(key);
    if (known === undefined) {
      this.byKind.set(key, { project, queue: name, reason, messages: 1, messageId });
    } else {
      known.messages += 1;
      known.messageId = messageId;
    }
  }

  list(): readonly DeadLettered[] {
    return this.byKind.size === 0 ? NONE : [...this.byKind.values()];
  }
}

const NONE: readonly DeadLettered[] = [];

/** Logs one line for each queue and reason, at most one a minute for many commit groups. */
export function tellDeadLetters(log: Log, dead: readonly DeadLettered[]): void {
  for (const { project, queue, reason, messages, messageId } of dead) {
    const same = { project, queue, reason };
    log.counted('warn', 'dead letter', same, { message_id: messageId }, messages);
  }
}
