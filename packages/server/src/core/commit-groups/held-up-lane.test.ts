import { beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../commands/commands.js';
import { HeldUpLane, lockKeyOf } from './held-up-lane.js';

interface Entry {
  readonly project: string;
  readonly name: string;
}

const entry = (name: string, project = 'p'): Entry => ({ project, name });

describe('the lane of held-up commands', () => {
  let nowMs: number;
  let lane: HeldUpLane<Entry>;

  beforeEach(() => {
    nowMs = 0;
    lane = new HeldUpLane(() => nowMs);
  });

  const take = (): string[] => lane.take()?.held.map((held) => held.entry.name) ?? [];

  it('returns the commands of one queue together, and takes queues in turn', () => {
    lane.add('q', entry('q1'));
    lane.add('r', entry('r1'));
    lane.add('q', entry('q2'));
    expect([lane.size, lane.has('q'), lane.has('s')]).toEqual([3, true, false]);
    const first = lane.take();
    expect(first?.held.map((held) => held.entry.name)).toEqual(['q1', 'q2']);
    if (first !== undefined) lane.putBack(first);
    expect(take()).toEqual(['r1']);
    expect(take()).toEqual(['q1']);
    expect(take()).toEqual(['q2']);
    expect([take(), lane.size]).toEqual([[], 0]);
  });

  it('halves a commit group that met a lock until one command is alone, and doubles it after a success', () => {
    for (let n = 0; n < 8; n += 1) lane.add('q', entry(`m${n}`));
    const sizes: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const group = lane.take();
      if (group === undefined) throw new Error('the lane is empty');
      sizes.push(group.held.length);
      lane.putBack(group);
    }
    expect(sizes).toEqual([8, 4, 2, 1]);
    const gone = lane.take();
    if (gone === undefined) throw new Error('the lane is empty');
    lane.succeeded(gone);
    expect(lane.take()?.held).toHaveLength(2);
  });

  it('waits longest for a lock with a single command, and only briefly beside others', () => {
    lane.add('q', entry('a'));
    const alone = lane.take();
    expect(alone?.lockWaitMs).toBe(1_000);
    if (alone !== undefined) lane.putBack(alone);
    for (let n = 0; n < 9; n += 1) lane.add(`r${n}`, entry('b'));
    expect(lane.take()?.lockWaitMs).toBe(200);
    lane.add('r0', entry('c'));
    // A lock in the way of two commands only shows that one of them is stuck.
    expect(lane.take()?.lockWaitMs).toBe(100);
  });

  it('lets no command wait for more than five seconds, however often it is retried', () => {
    lane.add('q', entry('early'));
    nowMs = 3_000;
    lane.add('q', entry('late'));
    const group = lane.take();
    if (group !== undefined) lane.putBack(group);
    nowMs = 4_999;
    expect(lane.takeOver()).toEqual([]);
    nowMs = 5_000;
    expect(lane.takeOver().map(({ name }) => name)).toEqual(['early']);
    expect([lane.size, lane.has('q')]).toEqual([1, true]);
    nowMs = 8_000;
    expect(lane.takeOver().map(({ name }) => name)).toEqual(['late']);
    expect([lane.size, lane.has('q')]).toEqual([0, false]);
  });

  it("never asks for a lock wait that ends after a command's last moment", () => {
    lane.add('q', entry('a'));
    nowMs = 4_600;
    expect(lane.take()?.lockWaitMs).toBe(400);
  });

  it('leaves room for other projects when one has filled it', () => {
    let held = 0;
    while (lane.add('q', entry('x', 'greedy'))) held += 1;
    expect(held).toBe(2_048);
    expect(lane.add('r', entry('y', 'modest'))).toBe(true);
    const group = lane.take();
    expect(group?.held).toHaveLength(512);
    expect(lane.add('q', entry('x', 'greedy'))).toBe(true);
  });
});

it('the lock key of a command depends on what it locks', () => {
  const command = (kind: string, more: object = {}): Command =>
    ({ kind, project: 'p', ...more }) as unknown as Command;
  const publish = lockKeyOf(command('publish', { queue: 'q' }));
  expect(lockKeyOf(command('ack', { queue: 'q' }))).toBe(publish);
  expect(lockKeyOf(command('publish', { queue: 'r' }))).not.toBe(publish);
  expect(lockKeyOf(command('publish', { queue: 'q', project: 'o' }))).not.toBe(publish);
  const create = lockKeyOf(command('createQueue', { queue: 'q' }));
  expect(lockKeyOf(command('deleteQueue', { queue: 'r' }))).toBe(create);
  expect(create).not.toBe(publish);
});
