import { describe, expect, it } from 'vitest';
import { NextDue } from './next-due.js';

describe('NextDue', () => {
  it('keeps the earliest time that commit groups have begun', () => {
    const due = new NextDue();
    due.groupBegins().read(null);
    for (const atMs of [300, 100, 200, null]) due.groupBegins().begun(atMs);
    expect(due.atMs).toBe(100);
    expect([due.isOver(99), due.isOver(100)]).toEqual([false, true]);
  });

  it('replaces it by the time that a commit group has read, which may be later', () => {
    const due = new NextDue();
    due.groupBegins().begun(100);
    due.groupBegins().read(200);
    expect(due.atMs).toBe(200);
    due.groupBegins().read(null);
    expect(due.atMs).toBeNull();
  });

  it.each(['begun', 'read'] as const)(
    'keeps the time that another commit group has %s since this one began',
    (how) => {
      const due = new NextDue();
      const older = due.groupBegins();
      const newer = due.groupBegins();
      newer[how](100);
      newer.ended();
      older.read(200);
      older.ended();
      expect(due.atMs).toBe(100);
    },
  );

  it('forgets times from before the commit group began', () => {
    const due = new NextDue();
    due.groupBegins().begun(100);
    const update = due.groupBegins();
    update.read(200);
    update.ended();
    expect(due.atMs).toBe(200);
  });
});
