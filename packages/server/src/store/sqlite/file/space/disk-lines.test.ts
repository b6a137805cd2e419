import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/harness/fake-clock.js';
import { keepLines } from '../../../../../test/harness/log-lines.js';
import { NO_LIMITS } from '../../../../core/limits/storage-limits.js';
import { CommitGroupApplier } from '../../apply-commit-group.js';
import { openWriter } from '../../driver/database.js';
import { DiskLines } from './disk-lines.js';
import { FreeSpace } from './free-space.js';

const MIN_FREE_BYTES = 1_000;

it('the log shows when publishing stops for lack of disk space, and when it goes on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const { db } = openWriter(join(folder, 'millrace.db'));
  try {
    let freeBytes = MIN_FREE_BYTES;
    const applier = new CommitGroupApplier(
      db,
      new FreeSpace(MIN_FREE_BYTES, () => freeBytes),
      NO_LIMITS,
    );
    const clock = new FakeClock();
    const { log, lines } = keepLines();
    const diskLines = new DiskLines(log, clock, MIN_FREE_BYTES);
    const groupWith = (bytes: number): void => {
      freeBytes = bytes;
      clock.advance(1_000);
      diskLines.saw(applier.apply([], clock.nowMs()).disk);
    };
    const free = [1_000, 999, 998, 499, 700, 1_000, 2_000, 100, 1_000];
    for (const bytes of free) groupWith(bytes);
    const min_free_bytes = MIN_FREE_BYTES;
    const stopped = { level: 'warn', message: expect.stringMatching(/^publishing stopped/) };
    const noKeys = { level: 'warn', message: expect.stringContaining('idempotency keys') };
    const goesOn = { level: 'info', message: expect.stringMatching(/^publishing goes on/) };
    expect(lines).toMatchObject([
      { ...stopped, fields: { min_free_bytes } },
      noKeys,
      { ...goesOn, fields: { min_free_bytes, after_ms: 4_000 } },
      stopped,
      noKeys,
      { ...goesOn, fields: { after_ms: 1_000 } },
    ]);
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
});
