import type { SeededRandom } from '../faults/load/seeded-random.js';
import type { FifoApi, NackHow, Ref } from './fifo-api.js';
import type { Delivered, Observations, QueueRules } from './observations.js';

/** Queues for each way in which messages leave, all with the same message groups. */
export const RULES = {
  /** Its messages fail at random, and it is purged now and then. */
  busy: { maxRetries: 1_000, maxExpiredLeases: 1_000, sparesInnocents: false },
  /** It makes dead letters of every kind, which are redriven. */
  brittle: { maxRetries: 1, maxExpiredLeases: 2, sparesInnocents: false },
  /** Its consumers fail only on poison. */
  poisoned: { maxRetries: 2, maxExpiredLeases: 1, sparesInnocents: true },
  /** It is deleted and created again under its name. */
  remade: { maxRetries: 1_000, maxExpiredLeases: 1_000, sparesInnocents: false },
} as const satisfies Record<string, QueueRules>;
export type QueueName = keyof typeof RULES;
export const QUEUES = Object.keys(RULES) as QueueName[];

const GROUPS = [null, 'a', 'b', 'c', 'd', 'e', 'f'] as const;
const POISON = '"poison"';

interface Batch {
  readonly queue: QueueName;
  messages: Delivered[];
}

/** One client, which publishes, consumes, and settles its messages in various ways. */
export class Actor {
  private readonly held: Batch[] = [];

  constructor(
    private readonly api: FifoApi,
    private readonly seen: Observations,
    private readonly random: SeededRandom,
    /** How long leases last, and roughly how long delays are. */
    private readonly visibilityMs: number,
    /** Queues that one of the clients is purging or creating again. */
    private readonly emptying: Set<string>,
  ) {}

  async act(): Promise<void> {
    const { random } = this;
    const queue = random.pick(QUEUES);
    const luck = random.next();
    if (this.held.length > 0 && luck < 0.45) {
      const [batch] = this.held.splice(random.integer(0, this.held.length - 1), 1);
      if (batch !== undefined) await this.settle(batch);
    } else if (luck < 0.75) await this.consume(queue);
    else if (luck < 0.95) await this.publish(queue);
    else if (luck < 0.97) await this.redrive(random.pick(['brittle', 'poisoned'] as const));
    else if (luck < 0.985) await this.empty(random.pick(['busy', 'remade'] as const));
  }

  async publish(queue: QueueName): Promise<void> {
    const { random } = this;
    const group = random.pick(GROUPS);
    const poisons = Array.from({ length: random.integer(1, 4) }, () =>
      queue === 'poisoned' ? random.chance(0.2) : false,
    );
    const payloads = poisons.map((poison) => (poison ? POISON : 'null'));
    await this.seen.note(
      () => this.api.publish(queue, group, payloads),
      (ids) => ({
        call: 'publish',
        queue,
        messages: ids.map((messageId, n) => ({ messageId, group, poison: poisons[n] === true })),
      }),
    );
  }

  /** Poison is settled at once: no other client's delay may look like a failure on it. */
  async consume(queue: QueueName): Promise<void> {
    const messages = await this.take(queue, this.random.integer(1, 8));
    if (messages.length === 0) return;
    if (queue === 'poisoned') await this.work(messages);
    else this.held.push({ queue, messages });
  }

  take(queue: QueueName, maxMessages: number): Promise<Delivered[]> {
    const { visibilityMs } = this;
    return this.seen.note(
      () => this.api.consume(queue, maxMessages, visibilityMs),
      (messages) => ({ call: 'consume', queue, maxMessages, visibilityMs, messages }),
    );
  }

  /**
   * Settles messages in order up to poison: then this fails, or all the rest fails with it, or the
   * client dies.
   */
  private async work(messages: readonly Delivered[]): Promise<void> {
    const { random } = this;
    const failedGroups = new Set<string | null>();
    for (const [at, message] of messages.entries()) {
      const { group } = message;
      if (failedGroups.has(group)) continue;
      if (message.payload !== POISON) {
        await this.ack('poisoned', [message]);
        continue;
      }
      failedGroups.add(group);
      const rest = messages.slice(at).filter((other) => other.group === group);
      const luck = random.next();
      if (luck < 0.35) await this.nack('poisoned', [message], [{ requeue: true, delayMs: 0 }]);
      else if (luck < 0.5) await this.nack('poisoned', [message], [this.how(0)]);
      else if (luck < 0.75) {
        const shuffled = random.chance(0.5) ? rest : [...rest].reverse();
        const again = { requeue: true, delayMs: 0 };
        await this.nack(
          'poisoned',
          shuffled,
          shuffled.map(() => again),
        );
        // Late acks of the messages that were requeued with it have no effect.
        if (random.chance(0.3)) await this.ack('poisoned', rest.slice(1));
      }
    }
  }

  private async settle({ queue, messages }: Batch): Promise<void> {
    const { random } = this;
    const at = random.integer(0, messages.length - 1);
    const one = messages[at] as Delivered;
    const later = messages.slice(at + 1);
    switch (random.integer(0, 8)) {
      case 0:
      case 1:
        return this.ack(queue, messages);
      case 2:
        for (const message of messages) await this.ack(queue, [message]);
        return;
      case 3:
        await this.ack(queue, messages.slice(0, at));
        await this.nack(queue, [one], [this.how(0.1)]);
        return this.ack(queue, later);
      case 4: {
        const some = messages.filter(() => random.chance(0.7));
        const shuffled = random.chance(0.5) ? some : [...some].reverse();
        return this.nack(
          queue,
          shuffled,
          shuffled.map(() => this.how(0.2)),
        );
      }
      case 5:
        await this.extend(queue, one, 0);
        return this.ack(
          queue,
          messages.filter((message) => message !== one),
        );
      case 6:
        await this.extend(queue, one, random.integer(1, 3) * this.visibilityMs);
        this.held.push({ queue, messages });
        return;
      case 7:
        await this.nack(queue, [one], [this.how(0.5)]);
        this.held.push({ queue, messages });
        return;
      default:
      // The client died, and nobody settles the messages.
    }
  }

  private how(rejecting: number): NackHow {
    const { random, visibilityMs } = this;
    if (random.chance(rejecting)) return { requeue: false, delayMs: 0 };
    return { requeue: true, delayMs: random.chance(0.5) ? random.integer(1, visibilityMs) : 0 };
  }

  async ack(queue: QueueName, entries: readonly Ref[]): Promise<void> {
    if (entries.length === 0) return;
    await this.seen.note(
      () => this.api.ack(queue, entries),
      (acked) => ({
        call: 'ack',
        queue,
        entries: entries.map(({ messageId, receipt }, n) => ({
          ...{ messageId, receipt, acked: acked[n] === true },
        })),
      }),
    );
  }

  private async nack(queue: QueueName, refs: readonly Ref[], how: readonly NackHow[]) {
    if (refs.length === 0) return;
    const entries = refs.map(({ messageId, receipt }, n) => ({
      ...{ messageId, receipt, ...(how[n] as NackHow) },
    }));
    await this.seen.note(
      () => this.api.nack(queue, entries),
      (answers) => ({
        call: 'nack',
        queue,
        entries: entries.map((entry, n) => ({
          ...entry,
          ...(answers[n] ?? { nacked: false, requeued: false }),
        })),
      }),
    );
  }

  private async extend(queue: QueueName, { messageId, receipt }: Ref, visibilityMs: number) {
    await this.seen.note(
      () => this.api.extend(queue, { messageId, receipt }, visibilityMs),
      (extended) => ({ call: 'extend', queue, messageId, receipt, visibilityMs, extended }),
    );
  }

  private async redrive(queue: QueueName): Promise<void> {
    const dead = await this.listDead(queue);
    if (dead.length === 0) return;
    const messageId = this.random.pick(dead);
    const span = { done: false };
    await this.seen.note(
      async () => {
        span.done = await this.api.redrive(queue, messageId);
      },
      () =>
        span.done
          ? { call: 'redrive', queue, messageId }
          : { call: 'deadLetters', queue, messageIds: [] },
    );
  }

  listDead(queue: QueueName): Promise<string[]> {
    return this.seen.note(
      () => this.api.deadLetters(queue),
      (messageIds) => ({ call: 'deadLetters', queue, messageIds }),
    );
  }

  private async empty(queue: QueueName): Promise<void> {
    // Two at once on one queue would say nothing about order.
    if (this.emptying.has(queue)) return;
    this.emptying.add(queue);
    await this.seen.note(
      async () => {
        if (queue === 'busy') return this.api.purge(queue);
        await this.api.delete(queue);
        await this.api.create(queue, RULES[queue]);
      },
      () => ({ call: 'purge', queue }),
    );
    this.emptying.delete(queue);
  }
}
