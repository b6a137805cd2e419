import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { onEachStore, type Project, StoreSession } from '../store-session.js';

const STEP = 500;
const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

onEachStore('a redrive', (session) => {
  it('returns dead letters to their queue as messages with fresh retries and retention', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1, enablePriority: true });
    const [messageId] = await project.send('q', { payload: '1', priority: 3 });
    for (let failure = 0; failure < 2; failure += 1) {
      await project.run(project.nack('q', await project.receiveOne('q'), { error: 'no' }));
    }
    session().clock.advance(1_000);
    const redriven = await project.run(project.redrive('q'));
    expect(redriven).toMatchObject({ done: 1, finished: true });
    expect(await project.tally('q')).toEqual({ available: 1 });
    expect((await project.counts('q')).oldestAtMs).toBe(session().clock.nowMs());
    const message = await project.receiveOne('q');
    expect(message).toMatchObject({
      messageId,
      deliveryCount: 1,
      priority: 3,
      sourceQueue: null,
      deadLetteredAtMs: null,
      deadLetterReason: null,
    });
    // One failure is allowed again.
    const { results } = await project.run(project.nack('q', message));
    expect(results).toMatchObject([{ requeued: true }]);
  });

  it('puts them at the tail, in the order of their deaths', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    await project.send('q', '"a"', '"b"', '"c"');
    const [a, b, c] = await project.receive('q', 3);
    for (const message of [c, a, b]) {
      if (message === undefined) throw new Error('nothing received');
      await project.run(project.nack('q', message));
    }
    await project.send('q', '"new"');
    await project.run(project.redrive('q'));
    expect(await project.payloads('q')).toEqual(['"new"', '"c"', '"a"', '"b"']);
  });

  it('takes a single named message, only if it came from this queue', async () => {
    const project = session().project();
    await project.create('q');
    await project.create('other');
    const [first] = await project.bury('q', '1', '2');
    const [theirs] = await project.bury('other', '3');
    const one = (messageId: string) => project.run(project.redrive('q', { messageId }));
    expect(await one(theirs as string)).toMatchObject({ done: 0, finished: true });
    expect(await one('no-id-of-ours')).toMatchObject({ done: 0, finished: true });
    expect(await one(first as string)).toMatchObject({ jobId: null, done: 1, finished: true });
    expect(await one(first as string)).toMatchObject({ done: 0 });
    expect(await project.tally('q')).toEqual({ available: 1, dlq: 1 });
    expect(await project.payloads('q')).toEqual(['1']);
  });

  it('takes only messages that died at the given time or later', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', '"a millisecond before"');
    session().clock.advance(1);
    const sinceMs = session().clock.nowMs();
    await project.bury('q', '"then"');
    session().clock.advance(1);
    await project.bury('q', '"after"');
    expect((await project.run(project.redrive('q', { sinceMs }))).done).toBe(2);
    expect(await project.payloads('q')).toEqual(['"then"', '"after"']);
    expect(await project.tally('q')).toEqual({ inFlight: 2, dlq: 1 });
  });

  it('takes no more messages than asked for, the oldest first', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', ...numbered(5));
    const redrive = project.redrive('q', { maxMessages: 2 });
    expect(await project.run(redrive)).toMatchObject({ done: 2, finished: true });
    expect(await project.payloads('q')).toEqual(['0', '1']);
    expect(await project.tally('q')).toEqual({ inFlight: 2, dlq: 3 });
  });

  it('skips messages leased by a consumer of the dead-letter queue, and does not count them', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    await project.bury('q', '"held"', '"delayed"', '"free"');
    const [held] = await project.receive('dead', 1);
    const delayed = await project.receiveOne('dead');
    await project.run(project.nack('dead', delayed, { delayMs: 5_000 }));
    const redrive = project.redrive('q', { maxMessages: 2 });
    expect((await project.run(redrive)).done).toBe(2);
    expect(await project.tally('dead')).toEqual({ inFlight: 1 });
    expect(await project.tally('q')).toEqual({ available: 2, dlq: 1 });
    expect(held && (await project.acked('dead', held))).toBe(true);
    expect(await project.payloads('q')).toEqual(['"delayed"', '"free"']);
  });

  it('takes messages back through a chain of dead-letter queues one queue at a time', async () => {
    const project = session().project();
    await project.create('last');
    await project.create('middle', { deadLetterQueue: 'last' });
    await project.create('q', { deadLetterQueue: 'middle' });
    await project.bury('q', '1');
    const message = await project.receiveOne('middle');
    await project.run(project.nack('middle', message, { requeue: false }));
    expect((await project.run(project.redrive('q'))).done).toBe(0);
    expect((await project.run(project.redrive('last'))).done).toBe(0);
    expect((await project.run(project.redrive('middle'))).done).toBe(1);
    // It is now a message of the middle queue, and a dead letter of the first.
    expect(await project.tally('middle')).toEqual({ available: 1 });
    expect(await project.tally('q')).toEqual({ dlq: 1 });
    expect(await project.tally('last')).toEqual({});
  });

  it('runs in bounded steps, each of which is visible at once', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', ...numbered(2 * STEP + 10));
    const first = await project.run(project.redrive('q'));
    expect(first).toMatchObject({ done: STEP, finished: false });
    expect(await project.tally('q')).toEqual({ available: STEP, dlq: STEP + 10 });
    const step = { kind: 'stepJob', jobId: first.jobId as string } as const;
    expect(await project.unfinishedJobs()).toContain(step.jobId);
    expect(await project.run(step)).toMatchObject({ done: 2 * STEP, finished: false });
    expect(await project.run(step)).toMatchObject({ done: 2 * STEP + 10, finished: true });
    expect(await project.unfinishedJobs()).not.toContain(step.jobId);
    // A further step does nothing.
    await project.bury('q', '"later"');
    expect(await project.run(step)).toMatchObject({ done: 2 * STEP + 10, finished: true });
  });

  it('leaves no job behind when one step was enough and the call had no idempotency key', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', '1');
    const redrive = project.redrive('q');
    expect(await project.run(redrive)).toMatchObject({ jobId: null, done: 1, finished: true });
    // The store keeps no trace of the job.
    const step = { kind: 'stepJob', jobId: redrive.jobId } as const;
    expect(await project.run(step)).toMatchObject({ done: 0, finished: true });
  });

  it('never takes a message twice, nor one that died after it began', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', ...numbered(STEP + 1));
    const { jobId } = await project.run(project.redrive('q'));
    // Some of the redriven messages die again, and others die for the first time.
    const again = await project.receive('q', 20);
    await project.run(project.nack('q', [...again], { requeue: false }));
    const rest = await project.receive('q', STEP);
    await project.run(project.ack('q', [...rest]));
    await project.bury('q', '"new"');
    expect(await project.finish(jobId as string)).toBe(STEP + 1);
    expect(await project.payloads('q')).toEqual([String(STEP)]);
    expect(await project.tally('q')).toEqual({ inFlight: 1, dlq: 21 });
  });

  it('is joined by a replay, also after its end', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', ...numbered(STEP + 1));
    const idempotency = {
      capability: 'queue.dlq.redrive' as const,
      key: 'k',
      fingerprint: 'f',
      windowMs: 3_600_000,
    };
    const first = await project.run(project.redrive('q', { idempotency }));
    // The retry has its own job id, which is not used.
    const retry = await project.run(project.redrive('q', { idempotency }));
    expect(retry).toEqual({ ...first, replayed: true });
    expect(await project.finish(retry.jobId as string)).toBe(STEP + 1);
    await project.bury('q', '"new"');
    const late = await project.run(project.redrive('q', { idempotency }));
    expect(await project.finish(late.jobId as string)).toBe(STEP + 1);
    expect(await project.tally('q')).toMatchObject({ dlq: 1 });
  });
});

onEachStore('a call for an unfinished redrive or purge', (session) => {
  it.each(['redrive', 'purgeDead'] as const)(
    'joins it, with or without an idempotency key: %s',
    async (call) => {
      const project = session().project();
      await project.create('q');
      await project.bury('q', ...numbered(3 * STEP + 1));
      const first = await project.run(project[call]('q'));
      expect(first).toMatchObject({ done: STEP, finished: false });
      await project.bury('q', '"died after it began"');
      const idempotency = {
        capability: 'queue.dlq.redrive' as const,
        key: 'a key of its own',
        fingerprint: 'f',
        windowMs: 3_600_000,
      };
      const joined = await project.run(project[call]('q', { idempotency }));
      expect(joined).toEqual({ ...first, done: 2 * STEP });
      const again = await project.run(project[call]('q'));
      expect(again).toEqual({ ...first, done: 3 * STEP });
      expect(await project.finish(first.jobId as string)).toBe(3 * STEP + 1);
      // A replay still joins it; the next call is a new one.
      const replay = await project.run(project[call]('q', { idempotency }));
      expect(await project.finish(replay.jobId as string)).toBe(3 * STEP + 1);
      expect(await project.run(project[call]('q'))).toMatchObject({ done: 1, finished: true });
    },
  );

  it('leaves the count to all callers that joined, also when the last one finishes it at once', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', ...numbered(STEP + 1));
    const { jobId } = await project.run(project.redrive('q'));
    const joined = await project.run(project.redrive('q'));
    expect(joined).toMatchObject({ jobId, done: STEP + 1, finished: true });
    expect(await project.finish(jobId as string)).toBe(STEP + 1);
  });

  it('joins none with other arguments, of another action, or of another queue', async () => {
    const project = session().project();
    await project.create('q');
    await project.create('other');
    await project.bury('q', ...numbered(STEP + 1));
    await project.bury('q', ...numbered(5 * STEP));
    await project.bury('other', ...numbered(STEP + 1));
    const calls = [
      project.redrive('q', { maxMessages: STEP + 1 }),
      project.redrive('q', { maxMessages: STEP + 2 }),
      project.redrive('q', { sinceMs: 1 }),
      project.redrive('q'),
      project.purgeDead('q'),
      project.redrive('other'),
    ];
    const jobIds: (string | null)[] = [];
    for (const call of calls) jobIds.push((await project.run(call)).jobId);
    expect(jobIds).toEqual(calls.map(({ jobId }) => jobId));
  });
});

onEachStore('a purge of dead letters', (session) => {
  it('removes them wherever they are kept', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q');
    await project.bury('q', '"built in"', '"too"');
    await project.run(project.updateQueue('q', { deadLetterQueue: 'dead' }));
    const [named] = await project.bury('q', '"named"', '"also"');
    await project.send('dead', '"its own"');
    const one = project.purgeDead('q', { messageId: named as string });
    expect(await project.run(one)).toMatchObject({ done: 1, finished: true });
    expect(await project.tally('q')).toEqual({ dlq: 3 });
    expect((await project.run(project.purgeDead('q'))).done).toBe(3);
    expect(await project.tally('q')).toEqual({});
    expect(await project.payloads('dead')).toEqual(['"its own"']);
  });

  it('runs in steps', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', ...numbered(STEP + 1));
    const { jobId, finished } = await project.run(project.purgeDead('q'));
    expect(finished).toBe(false);
    expect(await project.tally('q')).toEqual({ dlq: 1 });
    expect(await project.finish(jobId as string)).toBe(STEP + 1);
    expect(await project.tally('q')).toEqual({});
  });
});

describe.each(STORE_FACTORIES)('an unfinished job on $name', (factory) => {
  let session: StoreSession;
  let project: Project;
  beforeEach(async () => {
    session = await StoreSession.open(await factory.create());
    project = session.project();
  });
  afterEach(() => session.remove());

  it('goes on after a restart where it stopped, with the same set of messages', async () => {
    await project.create('q');
    await project.bury('q', ...numbered(STEP + 10));
    const { jobId } = await project.run(project.redrive('q', { maxMessages: STEP + 5 }));
    await session.restart(1_000);
    expect(await project.unfinishedJobs()).toEqual([jobId]);
    await project.bury('q', '"died after the restart"');
    expect(await project.finish(jobId as string)).toBe(STEP + 5);
    expect(await project.unfinishedJobs()).toEqual([]);
    const { payloads } = await project.deadLetters('q');
    expect(payloads).toHaveLength(6);
  });
});
