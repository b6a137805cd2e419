import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGroupCommit } from '#server/core/commit-groups/group-commit';
import { ConsumerBook } from '#server/core/consumers/consumer-book';
import { createLongPolls } from '#server/core/engine/long-poll';
import { QueueService } from '#server/core/engine/queue-service';
import { createIdSource } from '#server/core/ids';
import { ENDLESS_ACCESS } from '#server/core/keys/caller';
import { refuse } from '#server/core/refusal';
import type { Store } from '#server/core/store/store';
import type { SteppedJob } from '#server/maintenance/background-job';
import { createJobResumption } from '#server/maintenance/resume-jobs';
import { STORE_FACTORIES, type StoreFixture } from '../../harness/stores.js';
import { CommandBuilder } from '../command-builder.js';

const STEP = 500;
const ALL = 6 * STEP;
const SOON = { timeout: 60_000, interval: 20 };
const WANTED = { messageId: null, sinceMs: null, maxMessages: null };
const TARGET = { project: 'p', queue: 'q', idempotency: null };
const away = refuse('STORE_UNAVAILABLE', 'The store cannot be reached; nothing was done.');

describe.each(STORE_FACTORIES)('a job that is interrupted on $name', (factory) => {
  let fixture: StoreFixture;
  let store: Store;
  let service: QueueService;
  let resumption: SteppedJob;
  /** The number of steps the store still accepts before it is away. */
  let stepsLeft: number;
  let afterStep: () => void;

  beforeEach(async () => {
    fixture = await factory.create();
    store = await fixture.open();
    stepsLeft = Number.POSITIVE_INFINITY;
    afterStep = () => {};
    const { clock, safetyPollMs } = store;
    const failing: Store = Object.create(store, {
      read: { value: store.read.bind(store) },
      apply: {
        value: async (...[commands, shape]: Parameters<Store['apply']>) => {
          const isStep = commands.some(({ kind }) => kind === 'stepJob');
          if (isStep && stepsLeft === 0) return commands.map(() => away);
          if (isStep) stepsLeft -= 1;
          const outcomes = await store.apply(commands, shape);
          if (isStep) afterStep();
          return outcomes;
        },
      },
    });
    const commit = createGroupCommit(failing);
    resumption = createJobResumption(failing, commit);
    const longPolls = createLongPolls(clock, { clients: 1, clientsOfProject: 1, safetyPollMs });
    service = new QueueService(
      failing,
      commit,
      longPolls,
      new ConsumerBook(clock),
      createIdSource(clock),
      {
        autoCreate: false,
        jobInterrupted: () => resumption.wake(),
      },
    );
    const build = new CommandBuilder('p', createIdSource(clock));
    await store.apply([build.createQueue('q', {})]);
    for (let buried = 0; buried < ALL; buried += STEP) {
      await store.apply([
        build.publish(
          'q',
          Array.from({ length: STEP }, () => 'null'),
        ),
      ]);
      const [leased] = await store.apply([build.consume('q', { maxMessages: STEP })]);
      if (!leased?.ok || !('messages' in leased)) throw new Error('nothing was leased');
      await store.apply([build.nack('q', [...leased.messages], { requeue: false })]);
    }
  });
  afterEach(async () => {
    await resumption.stop();
    await store.stop();
    await fixture.remove();
  });

  const call = (action: 'redrive' | 'purge') =>
    service.deadLetters(TARGET, { ...WANTED, action }, ENDLESS_ACCESS);
  const deadLetters = async (): Promise<number | undefined> =>
    (await store.read({ kind: 'stats', project: 'p', queue: 'q' }))?.dlq;

  it.each(['redrive', 'purge'] as const)(
    'answers that its %s was begun, and is joined by the same call',
    async (action) => {
      stepsLeft = 2;
      const interrupted = await call(action);
      expect(interrupted).toMatchObject({ ok: false, code: 'OUTCOME_UNKNOWN' });
      expect(interrupted).toHaveProperty(
        'message',
        `The ${action} has started and continues by itself; the same call joins it and answers with its total count.`,
      );
      expect(await deadLetters()).toBe(ALL - 3 * STEP);
      stepsLeft = Number.POSITIVE_INFINITY;
      expect(await call(action)).toMatchObject({ ok: true, done: ALL, finished: true });
      expect(await call(action)).toMatchObject({ ok: true, done: 0, finished: true });
    },
  );

  it('goes on by itself when the store is back', async () => {
    resumption.start();
    stepsLeft = 1;
    expect(await call('redrive')).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    stepsLeft = Number.POSITIVE_INFINITY;
    await vi.waitFor(async () => expect(await deadLetters()).toBe(0), SOON);
  });

  it('stops at its next step when the server stops', async () => {
    afterStep = () => service.stop();
    expect(await call('redrive')).toMatchObject({ ok: false, code: 'OUTCOME_UNKNOWN' });
    expect(await deadLetters()).toBe(ALL - 2 * STEP);
  });

  it('stops at its next step when the server that resumed it stops', async () => {
    stepsLeft = 0;
    await call('redrive');
    let stopped: Promise<void> | undefined;
    afterStep = () => {
      stopped ??= resumption.stop();
    };
    stepsLeft = Number.POSITIVE_INFINITY;
    resumption.start();
    await vi.waitFor(() => expect(stopped).toBeDefined(), SOON);
    await stopped;
    expect(await deadLetters()).toBe(ALL - 2 * STEP);
  });
});
