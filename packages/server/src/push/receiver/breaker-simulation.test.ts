import { expect, it } from 'vitest';
import { backoffMs } from '../delivery/backoff.js';
import type { DeliveryResult } from '../delivery/delivery-result.js';
import { Breaker, SPARED_MAX } from './breaker.js';

interface Message {
  readonly id: string;
  dueMs: number;
  attempts: number;
  retriesUsed: number;
  state: 'waiting' | 'sent' | 'delivered' | 'dead';
}

interface Answer {
  readonly result: DeliveryResult;
  readonly durationMs: number;
  readonly retryAfterMs?: number;
}

interface Scenario {
  readonly inFlightMax: number;
  readonly maxRetries: number;
  readonly messages: number;
  readonly everyMs: number;
  readonly random: () => number;
  /** The receiver's answer to an attempt that begins now. */
  readonly answer: (id: string, nowMs: number) => Answer;
}

/** Small and fast random numbers that a seed repeats (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A small dispatcher: it sends due messages, the oldest first, as far as the breaker admits them. */
function simulate(scenario: Scenario): Message[] {
  const { random, maxRetries } = scenario;
  const breaker = new Breaker(random);
  const messages = Array.from(
    { length: scenario.messages },
    (_, index): Message => ({
      id: `m${index}`,
      dueMs: index * scenario.everyMs,
      attempts: 0,
      retriesUsed: 0,
      state: 'waiting',
    }),
  );
  const inFlight: { endMs: number; end: (nowMs: number) => void }[] = [];
  const begin = (message: Message, nowMs: number): void => {
    const spared = message.attempts - message.retriesUsed;
    const attempt = breaker.began(message.id, nowMs, spared);
    const answer = scenario.answer(message.id, nowMs);
    message.state = 'sent';
    message.attempts += 1;
    const end = (endMs: number): void => {
      const { result, retryAfterMs = 0 } = answer;
      const { usesRetry } = breaker.ended(attempt, result, endMs, retryAfterMs);
      if (usesRetry) message.retriesUsed += 1;
      message.state = result === 'success' ? 'delivered' : 'waiting';
      if (message.retriesUsed > maxRetries) message.state = 'dead';
      message.dueMs = endMs + Math.max(backoffMs(message.attempts, random), retryAfterMs);
    };
    inFlight.push({ endMs: nowMs + answer.durationMs, end });
  };
  for (let nowMs = 0, steps = 0; steps < 100_000; steps += 1) {
    const waiting = messages
      .filter(({ state }) => state === 'waiting')
      .sort((a, b) => a.dueMs - b.dueMs);
    for (const message of waiting) {
      if (message.dueMs > nowMs || inFlight.length >= scenario.inFlightMax) break;
      if (breaker.admits(nowMs) === 'no') break;
      begin(message, nowMs);
    }
    inFlight.sort((a, b) => a.endMs - b.endMs);
    const dueMs = waiting.find(({ state }) => state === 'waiting')?.dueMs ?? Infinity;
    const admittedMs = breaker.isOpen ? (breaker.nextProbeAtMs ?? Infinity) : 0;
    const hasRoom = inFlight.length < scenario.inFlightMax;
    const sendMs = hasRoom ? Math.max(dueMs, admittedMs, nowMs) : Infinity;
    const nextMs = Math.min(sendMs, inFlight[0]?.endMs ?? Infinity);
    if (nextMs === Infinity) return messages;
    nowMs = nextMs;
    while ((inFlight[0]?.endMs ?? Infinity) <= nowMs) inFlight.shift()?.end(nowMs);
  }
  throw new Error('the simulation does not end');
}

const OUTAGE = { fromMs: 60_000, untilMs: 660_000 };
const isDown = (nowMs: number): boolean => nowMs >= OUTAGE.fromMs && nowMs < OUTAGE.untilMs;

/** The result of an attempt that begins in an outage. */
const OUTAGES: Record<string, (random: () => number) => Answer> = {
  'refuses connections': () => ({ result: 'outage', durationMs: 1 }),
  'lets them time out': () => ({ result: 'outage', durationMs: 30_000 }),
  'answers 503': (random) => ({ result: 'outage', durationMs: random() * 200 }),
  'answers 503 with Retry-After': () => ({ result: 'outage', durationMs: 5, retryAfterMs: 20_000 }),
  'fails in any way': (random) => ({ result: 'outage', durationMs: 10 ** (random() * 4.5) }),
};
const IN_FLIGHT = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const RETRIES = [0, 1, 2, 3];

it.each(Object.keys(OUTAGES))(
  'an outage of ten minutes uses up no retry of any message when the receiver %s',
  (how) => {
    for (const inFlightMax of IN_FLIGHT) {
      for (const maxRetries of RETRIES) {
        const random = seeded(inFlightMax * 10 + maxRetries);
        const messages = simulate({
          inFlightMax,
          maxRetries,
          messages: 150,
          everyMs: 5_000,
          random,
          // Slow answers to earlier requests keep arriving while the receiver refuses new ones.
          answer: (_, nowMs) =>
            isDown(nowMs)
              ? (OUTAGES[how]?.(random) ?? { result: 'success', durationMs: 0 })
              : { result: 'success', durationMs: random() * 15_000 },
        });
        const states = new Set(messages.map(({ state }) => state));
        const used = messages.reduce((sum, { retriesUsed }) => sum + retriesUsed, 0);
        expect([inFlightMax, maxRetries, [...states], used]).toEqual([
          inFlightMax,
          maxRetries,
          ['delivered'],
          0,
        ]);
      }
    }
  },
);

it('a message that alone meets outages becomes a dead letter after its retries', () => {
  for (const inFlightMax of IN_FLIGHT) {
    for (const maxRetries of RETRIES) {
      for (const everyMs of [100, 60_000]) {
        const random = seeded(inFlightMax * 10 + maxRetries);
        const messages = simulate({
          inFlightMax,
          maxRetries,
          messages: 200,
          everyMs,
          random,
          answer: (id) => ({
            result: id === 'm3' ? 'outage' : 'success',
            durationMs: random() * 50,
          }),
        });
        const dead = messages.filter(({ state }) => state !== 'delivered');
        expect(dead.map(({ id, state }) => [id, state])).toEqual([['m3', 'dead']]);
        // When others are sent often, that is after the first attempt, which is free, and its own
        // retries.
        if (everyMs === 100) expect(dead[0]?.attempts).toBe(maxRetries + 2);
      }
    }
  }
});

it('a message that always meets outages ends as a dead letter, also without any other messages', () => {
  for (const maxRetries of RETRIES) {
    for (const messages of [1, 2, 10]) {
      const all = simulate({
        inFlightMax: 4,
        maxRetries,
        messages,
        everyMs: 60_000,
        random: seeded(maxRetries),
        answer: () => ({ result: 'outage', durationMs: 10 }),
      });
      for (const { state, attempts } of all) {
        expect(state).toBe('dead');
        expect(attempts).toBeGreaterThan(SPARED_MAX);
        expect(attempts).toBeLessThanOrEqual(SPARED_MAX + 1 + maxRetries);
      }
    }
  }
});

it('an outage of a day uses up no retry of a message that is alone', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const [message] = simulate({
      inFlightMax: 4,
      maxRetries: 0,
      messages: 1,
      everyMs: 1,
      random: seeded(seed),
      answer: (_, nowMs) => ({
        result: nowMs < 24 * 3_600_000 ? 'outage' : 'success',
        durationMs: 10,
      }),
    });
    expect(message).toMatchObject({ state: 'delivered', retriesUsed: 0 });
  }
});

it('a message that alone gets 500 becomes a dead letter after its retries, with or without outages', () => {
  for (const maxRetries of RETRIES) {
    const messages = simulate({
      inFlightMax: 4,
      maxRetries,
      messages: 150,
      everyMs: 5_000,
      random: seeded(maxRetries),
      answer: (id, nowMs) => {
        if (isDown(nowMs)) return { result: 'outage', durationMs: 10 };
        return { result: id === 'm13' || id === 'm3' ? 'failure' : 'success', durationMs: 10 };
      },
    });
    const dead = messages.filter(({ state }) => state !== 'delivered');
    expect(dead.map(({ id, state }) => [id, state])).toEqual([
      ['m3', 'dead'],
      ['m13', 'dead'],
    ]);
    expect(dead[0]?.attempts).toBe(maxRetries + 1);
  }
});
