import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import { createLongPolls, type LongPoll, type LongPolls, type Presence } from './long-poll.js';

const HERE: Presence = { gone: () => false, onGone: () => () => {} };

function leavingClient() {
  let gone = false;
  const listeners = new Set<() => void>();
  const presence: Presence = {
    gone: () => gone,
    onGone(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
  const leave = () => {
    gone = true;
    for (const listener of listeners) listener();
  };
  return { presence, leave, listeners };
}

/** What a wait has come to: undefined while it goes on. */
async function stateOf(wait: Promise<boolean>): Promise<boolean | undefined> {
  const nextTurn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
  return Promise.race([wait, nextTurn]);
}

describe('long polls', () => {
  let clock: FakeClock;
  let polls: LongPolls;
  beforeEach(() => {
    clock = new FakeClock();
    polls = createLongPolls(clock, { clients: 6, clientsOfProject: 3, safetyPollMs: null });
  });

  const register = (queue = 'q'): LongPoll => {
    const poll = polls.register('p', queue, 'client');
    if (poll === undefined) throw new Error('too many wait');
    return poll;
  };
  const wake = (messages = 1, queue = 'q', project = 'p') =>
    polls.wake([{ project, queue, messages }]);

  it('ends when time is up, not before', async () => {
    const wait = register().wait(1_000, HERE);
    clock.advance(999);
    expect(await stateOf(wait)).toBeUndefined();
    clock.advance(1);
    expect(await stateOf(wait)).toBe(false);
  });

  it('wakes those who wait for this queue of this project', async () => {
    const wait = register().wait(1_000, HERE);
    wake(1, 'r');
    wake(1, 'q', 'another project');
    expect(await stateOf(wait)).toBeUndefined();
    wake();
    expect(await stateOf(wait)).toBe(true);
  });

  it('hears what came between registering and waiting', async () => {
    const poll = register();
    wake();
    expect(await stateOf(poll.wait(1_000, HERE))).toBe(true);
    // That wake is used up.
    expect(await stateOf(poll.wait(1_000, HERE))).toBeUndefined();
  });

  it('wakes as many as messages became available, the first to wait first', async () => {
    const waits = [register(), register(), register()].map((poll) => poll.wait(1_000, HERE));
    wake(2);
    expect(await Promise.all(waits.map(stateOf))).toEqual([true, true, undefined]);
  });

  it('passes a wake on when the one that had it got nothing', async () => {
    const [first, second] = [register(), register()];
    const waits = [first.wait(1_000, HERE), second.wait(1_000, HERE)];
    wake();
    first.close(false);
    expect(await Promise.all(waits.map(stateOf))).toEqual([true, true]);
  });

  it('passes no wake on when it was used', async () => {
    const [first, second] = [register(), register()];
    const waits = [first.wait(1_000, HERE), second.wait(1_000, HERE)];
    wake();
    first.close(true);
    expect(await Promise.all(waits.map(stateOf))).toEqual([true, undefined]);
  });

  it('passes on what came while the first was fetching its own message', async () => {
    const [first, second] = [register(), register()];
    const waits = [first.wait(1_000, HERE), second.wait(1_000, HERE)];
    wake();
    expect(await stateOf(waits[0] as Promise<boolean>)).toBe(true);
    // The first has left its wait and consumes one message; a second message comes in. Whoever is
    // told of it, the second waiter must not sleep on while that message lies there.
    wake();
    first.close(true);
    expect(await stateOf(waits[1] as Promise<boolean>)).toBe(true);
  });

  it('ends when the client goes, and passes its wake on', async () => {
    const { presence, leave, listeners } = leavingClient();
    const [first, second] = [register(), register()];
    const waits = [first.wait(1_000, presence), second.wait(1_000, HERE)];
    leave();
    expect(await Promise.all(waits.map(stateOf))).toEqual([false, undefined]);
    expect(listeners.size).toBe(0);
    wake();
    first.close(false);
    expect(await stateOf(waits[1] as Promise<boolean>)).toBe(true);
  });

  it('does not begin for a client that has gone', async () => {
    const { presence, leave } = leavingClient();
    leave();
    expect(await stateOf(register().wait(1_000, presence))).toBe(false);
  });

  it('hears of a client that goes when its wait is over, and keeps no trace of it', async () => {
    const gone: (() => void)[] = [];
    const late: Presence = {
      gone: () => false,
      onGone: (callback) => {
        gone.push(callback);
        return () => undefined;
      },
    };
    const [first, second] = [register(), register()];
    const wait = first.wait(1_000, late);
    wake();
    expect(await stateOf(wait)).toBe(true);
    first.close(true);
    for (const callback of gone) callback();
    wake();
    expect(await stateOf(second.wait(1_000, HERE))).toBe(true);
  });

  it('leaves no listener and no timer behind', async () => {
    const { presence, listeners } = leavingClient();
    const poll = register();
    const wait = poll.wait(1_000, presence);
    wake();
    expect(await stateOf(wait)).toBe(true);
    expect(listeners.size).toBe(0);
    const again = poll.wait(5_000, presence);
    // Were the first timer still there, it would end the second wait.
    clock.advance(4_999);
    expect(await stateOf(again)).toBeUndefined();
  });

  it('lets only so many wait, and others after them', () => {
    const first = register();
    register();
    register('r');
    expect(polls.register('p', 'q', 'client')).toBeUndefined();
    first.close(true);
    first.close(true);
    register();
    expect(polls.register('p', 'q', 'client')).toBeUndefined();
  });

  it('ends all waits when it stops, and later ones at once', async () => {
    const waits = [register(), register('r')].map((poll) => poll.wait(1_000, HERE));
    polls.stop();
    expect(await Promise.all(waits.map(stateOf))).toEqual([false, false]);
    expect(await stateOf(register().wait(1_000, HERE))).toBe(false);
  });

  it('lets a project have no more than it leaves to the others', () => {
    polls = createLongPolls(clock, { clients: 8, clientsOfProject: 100, safetyPollMs: null });
    const greedy = Array.from({ length: 8 }, () => polls.register('greedy', 'q', 'client'));
    expect(greedy.filter((poll) => poll !== undefined)).toHaveLength(4);
    expect(polls.register('modest', 'q', 'client')).toBeDefined();
  });

  it('counts push workers apart from clients', () => {
    for (let n = 0; n < 100; n += 1) expect(polls.register('p', 'q', 'push')).toBeDefined();
    register();
    expect([polls.count('client'), polls.count('push')]).toEqual([1, 100]);
  });

  it('wakes many of those who look and those who sleep, each once', async () => {
    const [sleeping, looking] = [register(), register()];
    const wait = sleeping.wait(1_000, HERE);
    wake(5);
    expect(await stateOf(wait)).toBe(true);
    // That it was woken from its sleep is used up; the other one has not looked since.
    expect(await stateOf(sleeping.wait(1_000, HERE))).toBeUndefined();
    expect(await stateOf(looking.wait(1_000, HERE))).toBe(true);
  });

  describe('where word may be lost', () => {
    beforeEach(() => {
      polls = createLongPolls(clock, { clients: 6, clientsOfProject: 6, safetyPollMs: 2_000 });
    });

    it('has one of each queue look now and then', async () => {
      const waits = [register(), register(), register('r')].map((poll) => poll.wait(20_000, HERE));
      clock.advance(2_000);
      expect(await Promise.all(waits.map(stateOf))).toEqual([true, undefined, true]);
      clock.advance(2_000);
      expect(await stateOf(waits[1] as Promise<boolean>)).toBe(true);
    });

    it('has the next one look at once when something was found', async () => {
      const [first, second] = [register(), register()];
      const waits = [first.wait(20_000, HERE), second.wait(20_000, HERE)];
      clock.advance(2_000);
      expect(await stateOf(waits[0] as Promise<boolean>)).toBe(true);
      first.close(true);
      expect(await stateOf(waits[1] as Promise<boolean>)).toBe(true);
    });

    it('has nobody look when nothing was found, or nobody waits', async () => {
      const [first, second] = [register(), register()];
      const waits = [first.wait(20_000, HERE), second.wait(20_000, HERE)];
      clock.advance(2_000);
      expect(await stateOf(waits[0] as Promise<boolean>)).toBe(true);
      first.close(false);
      expect(await stateOf(waits[1] as Promise<boolean>)).toBeUndefined();
      second.close(false);
      clock.advance(10_000);
      expect(polls.count('client')).toBe(0);
    });
  });
});
