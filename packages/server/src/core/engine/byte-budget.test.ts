import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget, type Reservation, SMALL_CALL_BYTES } from './byte-budget.js';

const MIB = 1024 * 1024;
/** Seven MiB for all calls, and one MiB for small calls. */
const budgetOf8Mib = () => new ByteBudget(8 * MIB);

describe('a byte budget', () => {
  it('lets a project take no more than it leaves free', () => {
    const budget = budgetOf8Mib();
    const greedy = budget.open('greedy', 'body');
    while (greedy.take(MIB / 4));
    expect(greedy.bytes).toBe(3.5 * MIB);
    const second = budget.open('second', 'body');
    while (second.take(MIB / 4));
    expect(second.bytes).toBe(1.75 * MIB);
    expect(budget.open('third', 'body').take(MIB / 2)).toBe(true);
  });

  it('reserves room for small calls, also for a project that holds its whole share', () => {
    const budget = budgetOf8Mib();
    const greedy = budget.open('greedy', 'body');
    while (greedy.take(MIB / 4));
    expect(budget.open('greedy', 'body').take(SMALL_CALL_BYTES + 1)).toBe(false);
    const small = Array.from({ length: 100 }, () => budget.open('greedy', 'body'));
    const taken = small.filter((reservation) => reservation.take(SMALL_CALL_BYTES));
    // Half of the MiB that is reserved for small calls.
    expect(taken).toHaveLength(32);
    expect(budget.open('other', 'body').take(SMALL_CALL_BYTES)).toBe(true);
  });

  it('is whole again when all reservations are released', () => {
    const budget = budgetOf8Mib();
    const reservation = budget.open('p', 'answer');
    expect(reservation.take(MIB)).toBe(true);
    reservation.shrinkTo(10);
    expect(budget.reservedBytes('answer')).toBe(10);
    reservation.release();
    reservation.release();
    expect(budget.reservedBytes('answer')).toBe(0);
    expect(budget.open('p', 'answer').take(3.5 * MIB)).toBe(true);
  });

  it('makes answers smaller as it fills up', () => {
    const budget = budgetOf8Mib();
    const sizes: number[] = [];
    for (let answers = 0; answers < 6; answers += 1) {
      const answer = budget.open('p', 'answer');
      expect(answer.takeShareNow(16 * MIB, 1_000)).toBe(true);
      sizes.push(answer.bytes);
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes[0]).toBeGreaterThan(2 * (sizes[5] as number));
  });

  it('keeps room for bodies, however many answers of unknown size are under way', () => {
    const budget = budgetOf8Mib();
    for (let answers = 0; answers < 64; answers += 1) {
      expect(budget.open('p', 'answer').takeShareNow(16 * MIB, 100)).toBe(true);
    }
    for (let bodies = 0; bodies < 6; bodies += 1) {
      expect(budget.open('p', 'body').take(2 * SMALL_CALL_BYTES)).toBe(true);
    }
  });

  it('lets a call without room wait for it', async () => {
    const budget = budgetOf8Mib();
    const first = budget.open('p', 'answer');
    expect(first.take(3 * MIB)).toBe(true);
    const second = budget.open('p', 'answer');
    const waited = second.takeSoon(MIB, 60_000);
    first.release();
    expect(await waited).toBe(true);
    expect(second.bytes).toBe(MIB);
  });

  it('lets waiting projects take turns', async () => {
    const budget = budgetOf8Mib();
    const held = Array.from({ length: 4 }, () => budget.open('holder', 'answer'));
    for (const reservation of held) reservation.take(0.875 * MIB);
    const got: string[] = [];
    for (const project of ['greedy', 'greedy', 'greedy', 'modest']) {
      const reservation = budget.open(project, 'answer');
      void reservation.takeSoon(2 * MIB, 60_000).then((ok) => {
        if (!ok) return;
        got.push(project);
        reservation.release();
      });
    }
    for (const reservation of held) {
      reservation.release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(got).toHaveLength(4);
    expect(got.indexOf('modest')).toBeLessThan(2);
  });

  it('refuses at once a size that can never fit, and after a wait one that does not fit now', async () => {
    const budget = budgetOf8Mib();
    expect(await budget.open('p', 'answer').takeSoon(5 * MIB, 60_000)).toBe(false);
    const holder = budget.open('p', 'answer');
    expect(holder.take(3 * MIB)).toBe(true);
    expect(await budget.open('p', 'answer').takeSoon(MIB, 1)).toBe(false);
    holder.release();
    expect(budget.reservedBytes('answer')).toBe(0);
  });

  it('never gives out more than it has, and loses nothing', () => {
    const step = fc.record({
      project: fc.constantFrom('a', 'b', 'c'),
      slot: fc.nat({ max: 4 }),
      bytes: fc.integer({ min: 1, max: 2 * MIB }),
      gives: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const budget = budgetOf8Mib();
        const reservations = new Map<string, Reservation>();
        for (const { project, slot, bytes, gives } of steps) {
          const id = `${project}${slot}`;
          const reservation = reservations.get(id) ?? budget.open(project, 'push');
          reservations.set(id, reservation);
          if (gives) reservation.shrinkTo(Math.max(0, reservation.bytes - bytes));
          else reservation.take(bytes);
          const held = [...reservations.values()].reduce((sum, { bytes: n }) => sum + n, 0);
          expect(budget.reservedBytes('push')).toBe(held);
          expect(held).toBeLessThanOrEqual(8 * MIB);
        }
        for (const reservation of reservations.values()) reservation.release();
        expect(budget.reservedBytes('push')).toBe(0);
        expect(budget.open('d', 'push').take(3.5 * MIB)).toBe(true);
      }),
    );
  });
});
