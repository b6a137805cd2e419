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

/** The result of a wait, or undefined while it goes on. */
async function stateOf(wait: Promise<boolean>): Promise<boolean | undefined> {
  const nextTurn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
  return Promise.race([wait, nextTurn]);
}

describe('a long poll', () => {
  let clock: FakeClock;
  let polls: LongPolls;
  beforeEach(() => {
    clock = new FakeClock();
    polls = createLongPolls(clock, { clients: 6, clientsOfProject: 3, safetyPollMs: null });
  });

  const register = (queue = 'q'): LongPoll => {
    const poll = polls.register('p', queue, 'client');
    if (poll === undefined) throw new Error('too many calls wait');
    return poll;
  };
  const wake = (messages = 1, queue = 'q', project = 'p') =>
    polls.wake([{ project, queue, messages }]);

  it('ends when its time is up, not before', async () => {
    const wait = register().wait(1_000, HERE);
    clock.advance(999);
    expect(await stateOf(wait)).toBeUndefined();
    clock.advance(1);
    expect(await stateOf(wait)).toBe(false);
  });

  it('is woken by messages in its own queue of its own project only', async () => {
    const wait = register().wait(1_000, HERE);
    wake(1, 'r');
    wake(1, 'q', 'another project');
    expect(await stateOf(wait)).toBeUndefined();
    wake();
    expect(await stateOf(wait)).toBe(true);
  });

  it('is woken by a message that came between its registration and its wait', async () => {
    const poll = register();
    wake();
    expect(await stateOf(poll.wait(1_000, HERE))).toBe(true);
    // The first wait used up that wake.
    expect(await stateOf(poll.wait(1_000, HERE))).toBeUndefined();
  });

  it('is woken in the order of waiting, one for each message', async () => {
    const waits = [register(), register(), register()].map((poll) => poll.wait(1_000, HERE));
    wake(2);
    expect(await Promise.all(waits.map(stateOf))).toEqual([true, true, undefined]);
  });

  it('passes its wake on when it got nothing', async () => {
    const [first, second] = [register(), register()];
    const waits = [first.wait(1_000, HERE), second.wait(1_000, HERE)];
    wake();
    first.close(false);
    expect(await Promise.all(waits.map(stateOf))).toEqual([true, true]);
  });

  it('passes no wake on when it used it', async () => {
    const [first, second] = [register(), register()];
    const waits = [first.wait(1_000, HERE), second.wait(1_000, HERE)];
    wake();
    first.close(true);
    expect(await Promise.all(waits.map(stateOf))).toEqual([true, undefined]);
  });

  it('passes on a wake that came while it fetched its own message', async () => {
    const [first, second] = [register(), register()];
    const waits = [first.wait(1_000, HERE), second.wait(1_000, HERE)];
    wake();
    expect(await stateOf(waits[0] as Promise<boolean>)).toBe(true);
    // The first poll has ended its wait and consumes one message when a second message comes. Whichever
    // poll is notified, the second must not wait while that message is available.
    wake();
    first.close(true);
    expect(await stateOf(waits[1] as Promise<boolean>)).toBe(true);
  });

  it('ends when its client goes, and passes its wake on', async () => {
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

  it('does not wait for a client that has gone', async () => {
    const { presence, leave } = leavingClient();
    leave();
    expect(await stateOf(register().wait(1_000, presence))).toBe(false);
  });

  it('leaves no trace behind when its client goes after it has closed', async () => {
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
    // A leftover first timer would end the second wait.
    clock.advance(4_999);
    expect(await stateOf(again)).toBeUndefined();
  });

  it('is refused beyond the limit, until another has closed', () => {
    const first = register();
    register();
    register('r');
    expect(polls.register('p', 'q', 'client')).toBeUndefined();
    first.close(true);
    first.close(true);
    register();
    expect(polls.register('p', 'q', 'client')).toBeUndefined();
  });

  it('ends when the server stops, and a later one ends at once', async () => {
    const waits = [register(), register('r')].map((poll) => poll.wait(1_000, HERE));
    polls.stop();
    expect(await Promise.all(waits.map(stateOf))).toEqual([false, false]);
    expect(await stateOf(register().wait(1_000, HERE))).toBe(false);
  });

  it('is refused to a project that would leave too few to the others', () => {
    polls = createLongPolls(clock, { clients: 8, clientsOfProject: 100, safetyPollMs: null });
    const greedy = Array.from({ length: 8 }, () => polls.register('greedy', 'q', 'client'));
    expect(greedy.filter((poll) => poll !== undefined)).toHaveLength(4);
    expect(polls.register('modest', 'q', 'client')).toBeDefined();
  });

  it('is counted separately for push workers and clients', () => {
    for (let n = 0; n < 100; n += 1) expect(polls.register('p', 'q', 'push')).toBeDefined();
    register();
    expect([polls.count('client'), polls.count('push')]).toEqual([1, 100]);
  });

  it('is woken once by many messages, whether it waits or is about to wait', async () => {
    const [sleeping, looking] = [register(), register()];
    const wait = sleeping.wait(1_000, HERE);
    wake(5);
    expect(await stateOf(wait)).toBe(true);
    // The wake that ended its wait is used up; the other poll has not looked since.
    expect(await stateOf(sleeping.wait(1_000, HERE))).toBeUndefined();
    expect(await stateOf(looking.wait(1_000, HERE))).toBe(true);
  });

  describe('where notifications may be lost', () => {
    beforeEach(() => {
      polls = createLongPolls(clock, { clients: 6, clientsOfProject: 6, safetyPollMs: 2_000 });
    });

    it('is woken to look now and then, one for each queue', async () => {
      const waits = [register(), register(), register('r')].map((poll) => poll.wait(20_000, HERE));
      clock.advance(2_000);
      expect(await Promise.all(waits.map(stateOf))).toEqual([true, undefined, true]);
      clock.advance(2_000);
      expect(await stateOf(waits[1] as Promise<boolean>)).toBe(true);
    });

    it('is woken to look at once when the one before it found something', async () => {
      const [first, second] = [register(), register()];
      const waits = [first.wait(20_000, HERE), second.wait(20_000, HERE)];
      clock.advance(2_000);
      expect(await stateOf(waits[0] as Promise<boolean>)).toBe(true);
      first.close(true);
      expect(await stateOf(waits[1] as Promise<boolean>)).toBe(true);
    });

    it('is not woken to look when the one before it found nothing', async () => {
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
