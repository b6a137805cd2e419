import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import type { Command, RecordConsumersCommand } from '../commands/commands.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import { ConsumerBook } from './consumer-book.js';
import { ConsumerRecorder } from './consumer-recorder.js';

const PERIOD_MS = 8_000;

function recording() {
  const clock = new FakeClock();
  const commands: RecordConsumersCommand[] = [];
  let isUp = true;
  const commit = {
    submit: async (command: Command) => {
      if (isUp) commands.push(command as RecordConsumersCommand);
      return isUp ? { ok: true, replayed: false, recorded: 1 } : { ok: false };
    },
  } as unknown as GroupCommit;
  const book = new ConsumerBook(clock);
  const recorder = new ConsumerRecorder(book, commit, clock, 'node');
  return {
    clock,
    book,
    recorder,
    commands,
    recorded: () => commands.flatMap(({ consumers }) => consumers),
    setUp: (value: boolean) => {
      isUp = value;
    },
    /** Lets the time pass in steps, so that what follows a command happens too. */
    pass: async (durationMs: number, stepMs = 50) => {
      for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
        clock.advance(stepMs);
        await new Promise(setImmediate);
      }
    },
  };
}

describe('the recorder of consumers', () => {
  it('writes a queue once in a while, however often it is fetched from', async () => {
    const { book, clock, recorded, pass } = recording();
    for (let second = 0; second < 40; second += 1) {
      for (let count = 0; count < 100; count += 1) book.fetched('p', 'q', 'k');
      await pass(1_000);
    }
    expect(recorded().length).toBeGreaterThanOrEqual(3);
    expect(recorded().length).toBeLessThanOrEqual(5);
    const last = recorded().at(-1);
    expect(last).toMatchObject({ project: 'p', queue: 'q', waiting: 0, lastFetchKeyId: 'k' });
    expect(clock.nowMs() - (last?.lastFetchAtMs as number)).toBeLessThanOrEqual(10_000);
  });

  it('writes nothing and keeps nothing once nothing changes', async () => {
    const { book, recorded, pass } = recording();
    book.fetched('p', 'q', null);
    await pass(PERIOD_MS);
    expect(recorded()).toHaveLength(1);
    await pass(10 * PERIOD_MS);
    expect(recorded()).toHaveLength(1);
    expect(book.isEmpty).toBe(true);
  });

  it('repeats the record of a wait, and writes its end', async () => {
    const { book, recorded, pass } = recording();
    const end = book.waits('p', 'q', null);
    await pass(30_000);
    expect(recorded().length).toBeGreaterThanOrEqual(3);
    expect(recorded().every(({ waiting }) => waiting === 1)).toBe(true);
    end();
    await pass(2 * PERIOD_MS);
    expect(recorded().at(-1)?.waiting).toBe(0);
    expect(book.isEmpty).toBe(true);
  });

  it('writes many queues in small commands, each queue in its turn', async () => {
    const { book, commands, recorded, pass } = recording();
    for (let queue = 0; queue < 10_000; queue += 1) book.waits('p', `q${queue}`, null);
    await pass(PERIOD_MS);
    expect(commands).toHaveLength(1);
    await pass(10_000);
    for (const { consumers } of commands) expect(consumers.length).toBeLessThanOrEqual(200);
    expect(new Set(recorded().map(({ queue }) => queue)).size).toBe(10_000);
    await pass(60_000);
    const times = new Map<string, number>();
    for (const { queue } of recorded()) times.set(queue, (times.get(queue) ?? 0) + 1);
    const counts = [...times.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('tries again after a refusal', async () => {
    const { book, recorded, pass, setUp } = recording();
    setUp(false);
    book.fetched('p', 'q', null);
    await pass(3 * PERIOD_MS);
    expect(recorded()).toEqual([]);
    setUp(true);
    await pass(2 * PERIOD_MS);
    expect(recorded()).toHaveLength(1);
  });

  it('writes all that is left when the node stops', async () => {
    const { book, recorder, recorded } = recording();
    const ends = Array.from({ length: 500 }, (_, queue) => book.waits('p', `q${queue}`, null));
    for (const end of ends) end();
    await recorder.flush();
    expect(recorded()).toHaveLength(500);
    expect(book.isEmpty).toBe(true);
  });

  it('writes the queues of one project however many another one has', async () => {
    const { book, recorded, pass } = recording();
    for (let queue = 0; queue < 30_000; queue += 1) book.fetched('many', `q${queue}`, null);
    book.fetched('one', 'q', null);
    await pass(PERIOD_MS + 100);
    expect(recorded().map(({ project }) => project)).toContain('one');
  });

  it('lets no project wait for ever', async () => {
    const { book, recorded, pass } = recording();
    for (let queue = 0; queue < 60; queue += 1) {
      for (let project = 0; project < 300; project += 1)
        book.waits(`p${project}`, `q${queue}`, null);
    }
    await pass(PERIOD_MS + 1_000);
    expect(new Set(recorded().map(({ project }) => project)).size).toBe(300);
  });

  it('notes the queues of a project that has few, however many another one has', () => {
    const { book } = recording();
    for (let queue = 0; queue < 70_000; queue += 1) book.fetched('many', `q${queue}`, null);
    for (let queue = 0; queue < 1_000; queue += 1) book.fetched('few', `q${queue}`, null);
    expect(book.of('few', 'q999')).toBeDefined();
  });

  it('notes no more queues than there is room for', () => {
    const { book } = recording();
    for (let queue = 0; queue < 70_000; queue += 1) book.fetched('p', `q${queue}`, null);
    expect(book.of('p', 'q0')).toBeDefined();
    expect(book.of('p', 'q69999')).toBeUndefined();
  });
});
