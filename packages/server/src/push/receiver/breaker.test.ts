import { describe, expect, it } from 'vitest';
import type { DeliveryResult } from '../delivery/delivery-result.js';
import { Breaker } from './breaker.js';

const whole = () => 1;

/** A breaker with its own clock, and attempts that end when they begin. */
function standing() {
  const breaker = new Breaker(whole);
  let nowMs = 0;
  const deliver = (id: string, result: DeliveryResult, retryAfterMs: number | null = null) => {
    const { usesRetry, change } = breaker.ended(
      breaker.began(id, nowMs),
      result,
      nowMs,
      retryAfterMs,
    );
    return `${usesRetry ? 'charged' : 'free'}${change === null ? '' : ` ${change}`}`;
  };
  return {
    breaker,
    deliver,
    times: (count: number, id: string, result: DeliveryResult) =>
      Array.from({ length: count }, () => deliver(id, result)).at(-1),
    moveTo: (timeMs: number) => {
      nowMs = timeMs;
    },
    admits: () => breaker.admits(nowMs),
    nowMs: () => nowMs,
  };
}

describe('Breaker', () => {
  it('opens at the fifth outage in a row, of any messages', () => {
    const { breaker, deliver, times, admits } = standing();
    expect(times(4, 'a', 'outage')).toBe('free');
    expect([deliver('b', 'success'), times(4, 'c', 'outage'), deliver('d', 'failure')]).toEqual([
      'free',
      'free',
      'charged',
    ]);
    expect([times(4, 'e', 'outage'), breaker.isOpen, admits()]).toEqual(['free', false, 'yes']);
    expect([deliver('f', 'outage'), breaker.isOpen, admits()]).toEqual(['free opened', true, 'no']);
    expect(breaker.nextProbeAtMs).toBe(1_000);
  });

  it('admits one probe at a time, and less and less often', () => {
    const { breaker, times, deliver, moveTo, admits } = standing();
    times(5, 'a', 'outage');
    const waits: number[] = [];
    for (let probes = 0, lastMs = 0; probes < 12; probes += 1) {
      const atMs = breaker.nextProbeAtMs ?? Number.NaN;
      waits.push((atMs - lastMs) / 1_000);
      moveTo(atMs - 1);
      expect(admits()).toBe('no');
      moveTo(atMs);
      expect(admits()).toBe('probe');
      const probe = breaker.began('a', atMs);
      expect([probe.isProbe, admits(), breaker.nextProbeAtMs]).toEqual([true, 'no', null]);
      expect(breaker.ended(probe, 'outage', atMs).usesRetry).toBe(false);
      lastMs = atMs;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    moveTo(breaker.nextProbeAtMs ?? Number.NaN);
    expect([deliver('b', 'success'), admits(), breaker.isOpen]).toEqual([
      'free closed',
      'yes',
      false,
    ]);
    times(5, 'c', 'outage');
    expect((breaker.nextProbeAtMs ?? 0) % 1_000).toBe(0);
  });

  it.each<[DeliveryResult, string, boolean]>([
    ['success', 'free closed', false],
    ['failure', 'charged closed', false],
    ['outage', 'free', true],
    ['unsent', 'charged', true],
    ['cancelled', 'free', true],
  ])('after a probe that ends with %s is: %s', (result, expected, isOpen) => {
    const { breaker, times, deliver, moveTo, admits } = standing();
    times(5, 'a', 'outage');
    moveTo(1_000);
    expect([deliver('b', result), breaker.isOpen]).toEqual([expected, isOpen]);
    // A result that says nothing about the receiver leaves the probe to another message.
    if (result === 'unsent' || result === 'cancelled') expect(admits()).toBe('probe');
  });

  it('waits as long as the receiver asks, when that is longer', () => {
    const { breaker, deliver, times, moveTo } = standing();
    deliver('a', 'outage', 60_000);
    times(4, 'a', 'outage');
    expect(breaker.nextProbeAtMs).toBe(60_000);
    moveTo(60_000);
    deliver('a', 'outage', 1);
    expect(breaker.nextProbeAtMs).toBe(62_000);
    moveTo(62_000);
    deliver('a', 'outage', 600_000);
    expect(breaker.nextProbeAtMs).toBe(662_000);
  });

  it('neither charges outages of attempts that began before it opened, nor closes on their results', () => {
    const { breaker, times, deliver, moveTo } = standing();
    const [slow, slower, slowest, late, quick] = ['s', 't', 'u', 'v', 'w'].map((id) =>
      breaker.began(id, 0),
    );
    if (!slow || !slower || !slowest || !late || !quick) throw new Error('five attempts');
    times(5, 'a', 'outage');
    const none = { usesRetry: false, change: null };
    expect(breaker.ended(quick, 'outage', 9)).toEqual(none);
    expect(breaker.nextProbeAtMs).toBe(1_000);
    expect(breaker.ended(slow, 'outage', 10, 5_000)).toEqual(none);
    expect(breaker.nextProbeAtMs).toBe(5_010);
    expect(breaker.ended(slower, 'success', 20)).toEqual(none);
    expect(breaker.ended(slowest, 'failure', 30)).toEqual({ usesRetry: true, change: null });
    expect(breaker.isOpen).toBe(true);
    moveTo(5_010);
    expect(deliver('a', 'success')).toBe('free closed');
    times(4, 'b', 'outage');
    // This would be the fifth outage in a row, but its attempt began during the outage before.
    expect(breaker.ended(late, 'outage', 5_020)).toEqual(none);
    expect(deliver('c', 'outage')).toBe('free opened');
  });

  it('charges a message from its second outage on while others are answered', () => {
    const { deliver } = standing();
    const seen = Array.from({ length: 5 }, () => [
      deliver('bad', 'outage'),
      deliver('x', 'success'),
    ]);
    expect(seen.map(([end]) => end)).toEqual(['free', 'charged', 'charged', 'charged', 'charged']);
  });

  it('does not count late answers of a receiver that shuts down as a sign of health', () => {
    const { breaker, deliver } = standing();
    const old = [breaker.began('o', 0), breaker.began('p', 0)];
    expect(deliver('a', 'outage')).toBe('free');
    for (const attempt of old) breaker.ended(attempt, 'success', 1);
    expect(deliver('a', 'outage')).toBe('free');
  });

  it('does not count an unsent delivery as a sign of health', () => {
    const { deliver } = standing();
    deliver('a', 'outage');
    expect(deliver('b', 'unsent')).toBe('charged');
    expect(deliver('a', 'outage')).toBe('free');
  });

  it('forgives the outages that opened it when several messages met them, but not those of one message', () => {
    for (const [others, expected] of [
      [['b'], 'free'],
      [[], 'charged'],
    ] as const) {
      const { deliver, times, moveTo } = standing();
      for (const id of others) deliver(id, 'outage');
      times(5 - others.length, 'a', 'outage');
      moveTo(1_000);
      deliver('c', 'success');
      expect(deliver('a', 'outage')).toBe(expected);
    }
  });
});
