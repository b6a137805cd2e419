import { expect } from 'vitest';
import type {
  DeliveryRef,
  LeasedMessage,
  NackEntry,
  NewMessage,
} from '#server/core/commands/commands';
import type { QueueSettings } from '#server/core/queue/queue-entry';
import type { Project, StoreSession } from '../store-session.js';

/** A message whose name begins with its message group: `a1` belongs to the group a, `-1` to none. */
export const named = (name: string): Partial<NewMessage> => ({
  payload: JSON.stringify(name),
  groupId: /^[a-z]+/.exec(name)?.[0] ?? null,
});

export const nameOf = ({ payload }: { readonly payload: string }): string => JSON.parse(payload);

/** The messages leased by one call, by name. */
export class Held {
  constructor(readonly messages: readonly LeasedMessage[]) {}

  get names(): string[] {
    return this.messages.map(nameOf);
  }

  get(name: string): LeasedMessage {
    const found = this.messages.find((message) => nameOf(message) === name);
    if (found === undefined) throw new Error(`${name} is not among ${this.names.join(', ')}`);
    return found;
  }

  pick(...names: string[]): LeasedMessage[] {
    return names.map((name) => this.get(name));
  }
}

/** Short forms of the calls on a FIFO queue. */
export class FifoQueue {
  private constructor(
    readonly project: Project,
    readonly name: string,
  ) {}

  /** Creates the queue in the given project, or in a new one. */
  static async create(
    session: StoreSession,
    settings: Partial<QueueSettings> = {},
    { project = session.project(), name = 'q' }: { project?: Project; name?: string } = {},
  ): Promise<FifoQueue> {
    await project.create(name, { type: 'fifo', ...settings });
    return new FifoQueue(project, name);
  }

  send(...names: string[]): Promise<string[]> {
    return this.project.send(this.name, ...names.map(named));
  }

  async lease(maxMessages = 10, visibilityTimeoutMs: number | null = null): Promise<Held> {
    return new Held(await this.project.receive(this.name, maxMessages, visibilityTimeoutMs));
  }

  /** The names of the messages that one call leases. */
  async next(maxMessages = 10): Promise<string[]> {
    return (await this.lease(maxMessages)).names;
  }

  async ack(...messages: DeliveryRef[]): Promise<void> {
    for (const message of messages) {
      expect(await this.project.acked(this.name, message), message.messageId).toBe(true);
    }
  }

  /** Fails one message. @returns whether it will be retried */
  async nack(message: DeliveryRef, how: Partial<NackEntry> = {}): Promise<boolean> {
    const { results } = await this.project.run(this.project.nack(this.name, message, how));
    expect(results[0]).toMatchObject({ ok: true, nacked: true });
    return results[0]?.ok === true && results[0].requeued;
  }

  /** Fails several messages in one call, each with its own settings. */
  async nackBatch(...entries: (DeliveryRef & Partial<NackEntry>)[]) {
    const command = this.project.nack(this.name, entries);
    const { results } = await this.project.run({
      ...command,
      entries: command.entries.map((entry, at) => {
        const { requeue = true, delayMs = 0, error = null } = entries[at] ?? {};
        return { ...entry, requeue, delayMs, error };
      }),
    });
    return results.map((result) =>
      result.ok ? { nacked: result.nacked, requeued: result.requeued } : result.code,
    );
  }

  async giveBack(message: DeliveryRef): Promise<void> {
    const { extended } = await this.project.run(this.project.extend(this.name, message, 0));
    expect(extended).toBe(true);
  }

  async prolong(message: DeliveryRef, visibilityTimeoutMs: number): Promise<void> {
    const command = this.project.extend(this.name, message, visibilityTimeoutMs);
    expect((await this.project.run(command)).extended).toBe(true);
  }

  /** Whether the receipt of this delivery has lost its lease. */
  async isLost(message: DeliveryRef): Promise<boolean> {
    const outcome = await this.project.submit(this.project.extend(this.name, message, 1_000));
    return !outcome.ok && outcome.code === 'LEASE_LOST';
  }

  /** The failures of this message, by kind. */
  async failures(message: DeliveryRef): Promise<string[]> {
    const seen = await this.project.look(this.name, message.messageId);
    return seen?.failures.map(({ how }) => how) ?? [];
  }

  async peek(state: 'available' | 'leased' | 'delayed'): Promise<string[]> {
    return (await this.project.peek(this.name, { state })).items.map(nameOf);
  }

  /** The dead letters that came from this queue, in the order of their deaths. */
  async dead(): Promise<string[]> {
    return (await this.project.deadLetters(this.name)).items.map(nameOf);
  }

  async redrive(): Promise<void> {
    const { jobId } = await this.project.run(this.project.redrive(this.name));
    if (jobId !== null) await this.project.finish(jobId);
  }
}
