import type { ErrorCode } from '@millrace/protocol';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Clock } from '#server/core/clock';
import type {
  Accepted,
  Command,
  DeliveryRef,
  LeasedMessage,
  NewMessage,
  Outcome,
} from '#server/core/commands/commands';
import { createIdSource, type IdSource } from '#server/core/ids';
import type { StorageLimits } from '#server/core/limits/storage-limits';
import type { QueueSettings } from '#server/core/queue/queue-entry';
import type { MessagePage, Query, QueueCounts, SeenMessage, Store } from '#server/core/store/store';
import { FakeClock } from '../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../harness/stores.js';
import { ModelStore } from '../model/store/model-store.js';
import { CommandBuilder } from './command-builder.js';

/**
 * Runs a suite on every store. `session` is available once the tests run, with one store for all of
 * them.
 */
export function onEachStore(topic: string, suite: Suite): void {
  onStores(STORE_FACTORIES, topic, suite);
}

/** The same as `onEachStore`, with stores that have the given limits. */
export function onEachLimitedStore(
  topic: string,
  limits: Partial<StorageLimits>,
  suite: Suite,
): void {
  onStores(STORE_FACTORIES, topic, suite, limits);
}

/** The same as `onEachStore`, and on the model that checks random commands, so that both agree. */
export function onEachStoreAndModel(topic: string, suite: Suite): void {
  onStores([MODEL, ...STORE_FACTORIES], topic, suite);
}

type Suite = (session: () => StoreSession) => void;

const MODEL: StoreFactory = {
  name: 'the model',
  isLocal: true,
  create: async () => ({
    url: 'no server can be started on this',
    open: async (makeClock) => new ModelStore(makeClock?.(0) ?? new FakeClock()),
    remove: async () => {},
  }),
};

function onStores(
  factories: readonly StoreFactory[],
  topic: string,
  suite: Suite,
  limits: Partial<StorageLimits> = {},
): void {
  describe.each(factories)(`${topic} on $name`, (factory) => {
    let session: StoreSession;
    beforeAll(async () => {
      session = await StoreSession.open(await factory.create(), limits);
    });
    afterAll(() => session.remove());
    suite(() => session);
  });
}

/** A store on a clock that the test moves. Each test works in its own project. */
export class StoreSession {
  private projects = 0;

  private constructor(
    readonly fixture: StoreFixture,
    private opened: Store,
    private ticking: FakeClock,
    private readonly ids: IdSource,
    private readonly limits: Partial<StorageLimits>,
  ) {}

  static async open(
    fixture: StoreFixture,
    limits: Partial<StorageLimits> = {},
  ): Promise<StoreSession> {
    const clock = new FakeClock();
    const store = await fixture.open(() => clock, limits);
    // One source makes all ids of the session, so that they never repeat.
    return new StoreSession(fixture, store, clock, createIdSource(clock), limits);
  }

  get store(): Store {
    return this.opened;
  }

  get clock(): FakeClock {
    return this.ticking;
  }

  project(): Project {
    this.projects += 1;
    return new Project(this, `project-${this.projects}`, this.ids);
  }

  /**
   * Stops the store, lets time pass while it is down, and opens it again. What the store began by
   * itself, such as writing the history of its queues, has ended then.
   */
  async restart(downMs = 0): Promise<void> {
    await this.reopen(() => new FakeClock(this.clock.nowMs() + downMs));
  }

  async reopen(makeClock: (earliestMs: number) => Clock): Promise<void> {
    await this.opened.stop();
    this.opened = await this.fixture.open((earliestMs) => {
      this.ticking = makeClock(earliestMs) as FakeClock;
      return this.ticking;
    }, this.limits);
  }

  async remove(): Promise<void> {
    await this.opened.stop();
    await this.fixture.remove();
  }
}

/** Short forms of the calls of one project, each in its own commit group. */
export class Project extends CommandBuilder {
  constructor(
    private readonly session: StoreSession,
    name: string,
    ids: IdSource,
  ) {
    super(name, ids);
  }

  /** Applies any commands in one commit group. */
  group(...commands: Command[]): Promise<Outcome[]> {
    return this.session.store.apply(commands);
  }

  async submit<C extends Command>(command: C): Promise<Outcome<C['kind']>> {
    return (await this.group(command))[0] as Outcome<C['kind']>;
  }

  /** Applies a command that must be accepted. */
  async run<C extends Command>(command: C): Promise<Accepted<C['kind']>> {
    const outcome = await this.submit(command);
    if (!outcome.ok) throw new Error(`${command.kind} was refused: ${outcome.code}`);
    return outcome as Accepted<C['kind']>;
  }

  /** Applies a command that must be refused. */
  async refused(command: Command): Promise<ErrorCode> {
    const outcome = await this.submit(command);
    if (outcome.ok) throw new Error(`${command.kind} was accepted: ${JSON.stringify(outcome)}`);
    return outcome.code;
  }

  async create(queue: string, settings: Partial<QueueSettings> = {}): Promise<void> {
    await this.run(this.createQueue(queue, settings));
  }

  async send(queue: string, ...messages: (string | Partial<NewMessage>)[]): Promise<string[]> {
    const { messageIds } = await this.run(this.publish(queue, messages));
    return [...messageIds];
  }

  async receive(
    queue: string,
    maxMessages = 10,
    visibilityTimeoutMs: number | null = null,
  ): Promise<readonly LeasedMessage[]> {
    const command = this.consume(queue, { maxMessages, visibilityTimeoutMs });
    return (await this.run(command)).messages;
  }

  /** Receives one message, which must be there. */
  async receiveOne(queue: string, visibilityTimeoutMs?: number): Promise<LeasedMessage> {
    const messages = await this.receive(queue, 1, visibilityTimeoutMs ?? null);
    if (messages[0] === undefined) throw new Error(`${queue} has nothing to deliver`);
    return messages[0];
  }

  async payloads(queue: string, maxMessages = 10): Promise<string[]> {
    return (await this.receive(queue, maxMessages)).map(({ payload }) => payload);
  }

  /** Sends messages, receives them and rejects them, in that order. */
  async bury(queue: string, ...payloads: string[]): Promise<string[]> {
    const messageIds = await this.send(queue, ...payloads);
    const messages = await this.receive(queue, payloads.length);
    await this.run(this.nack(queue, [...messages], { requeue: false }));
    return messageIds;
  }

  /** Runs a job to its end. @returns the number of messages it moved or removed */
  async finish(jobId: string): Promise<number> {
    for (;;) {
      const { done, finished } = await this.run({ kind: 'stepJob', jobId });
      if (finished) return done;
    }
  }

  /** The unfinished jobs of all projects. */
  async unfinishedJobs(): Promise<string[]> {
    const jobs = await this.session.store.read({ kind: 'unfinishedJobs', limit: 100 });
    return jobs.map(({ jobId }) => jobId);
  }

  /** Runs the retention sweep once over all queues. */
  async expire(limit = 500): Promise<void> {
    let afterQueueId: number | null = 0;
    while (afterQueueId !== null) {
      const step: Accepted<'expire'> = await this.run({ kind: 'expire', afterQueueId, limit });
      afterQueueId = step.nextQueueId;
    }
  }

  /** One page of a queue's messages. */
  async peek(queue: string, more: Partial<Query<'peek'>> = {}) {
    const bounds = { state: null, after: null, limit: 100, maxBytes: 16 * 1024 * 1024 };
    const query: Query<'peek'> = { kind: 'peek', project: this.name, queue, ...bounds, ...more };
    return pageOf(await this.session.store.read(query));
  }

  /** One page of the dead letters that came from a queue. */
  async deadLetters(queue: string, more: Partial<Query<'deadLetters'>> = {}) {
    const bounds = { after: null, limit: 100, maxBytes: 16 * 1024 * 1024 };
    return pageOf(
      await this.session.store.read({
        kind: 'deadLetters',
        project: this.name,
        queue,
        ...bounds,
        ...more,
      }),
    );
  }

  /** One message, with its failed deliveries. */
  async look(queue: string, messageId: string): Promise<SeenMessage | null> {
    const query = { kind: 'message', project: this.name, queue, messageId } as const;
    return (await this.session.store.read(query)).message;
  }

  async acked(queue: string, delivery: DeliveryRef): Promise<boolean> {
    const { results } = await this.run(this.ack(queue, delivery));
    return results[0]?.ok === true && results[0].acked;
  }

  /** Settles all that is due, then counts. */
  async counts(queue: string): Promise<QueueCounts> {
    await this.group({ kind: 'settleDue', limit: 1_000 });
    const counts = await this.session.store.read({ kind: 'stats', project: this.name, queue });
    if (counts === null) throw new Error(`there is no queue ${queue}`);
    return counts;
  }

  /** The counts of messages, without the age, and without zeros. */
  async tally(queue: string): Promise<Partial<QueueCounts>> {
    const { oldestAtMs: _oldest, consumers: _consumers, ...counts } = await this.counts(queue);
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
  }
}

/** The payloads of a page, and its items for tests that need more. */
function pageOf<T extends { readonly payload: string }>(page: MessagePage<T> | null) {
  if (page === null) throw new Error('there is no such queue');
  return { ...page, payloads: page.items.map(({ payload }) => payload) };
}

/** A message without its receipt, or with another one. */
export const withReceipt = (
  { messageId }: { readonly messageId: string },
  receipt: string | null,
): DeliveryRef => ({ messageId, receipt });
