import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Reserve } from './reserve.js';

const MIB = 1024 * 1024;

describe('the reserve beside the database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const path = join(folder, 'millrace.db');
  const file = `${path}-reserve`;
  const sizeOfFile = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

  beforeEach(() => rmSync(file, { force: true }));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is given back a MiB at a time', () => {
    const reserve = new Reserve(path, 2.5 * MIB);
    reserve.make();
    const sizes = [sizeOfFile()];
    while (reserve.giveBackChunk()) sizes.push(sizeOfFile());
    expect(sizes).toEqual([2.5 * MIB, 1.5 * MIB, 0.5 * MIB, 0]);
    expect(existsSync(file)).toBe(false);
  });

  it('is written whole again after a part of it was given back', () => {
    const reserve = new Reserve(path, 2 * MIB);
    reserve.make();
    expect(reserve.isIncomplete).toBe(false);
    reserve.giveBackChunk();
    expect(reserve.isIncomplete).toBe(true);
    reserve.make();
    expect(sizeOfFile()).toBe(2 * MIB);
    expect(reserve.isIncomplete).toBe(false);
  });

  it('that somebody has removed counts as given back', () => {
    const reserve = new Reserve(path, 2 * MIB);
    reserve.make();
    rmSync(file);
    expect(reserve.giveBackChunk()).toBe(true);
    expect(reserve.giveBackChunk()).toBe(false);
    expect(reserve.isIncomplete).toBe(true);
  });

  it('that an earlier process left incomplete is removed', () => {
    const earlier = new Reserve(path, 2 * MIB);
    earlier.make();
    earlier.giveBackChunk();
    const reserve = new Reserve(path, 2 * MIB);
    expect(existsSync(file)).toBe(false);
    expect(reserve.isIncomplete).toBe(true);
    expect(reserve.giveBackChunk()).toBe(false);
  });
});
