import { expect, it } from 'vitest';
import { FakeClock } from '../../../../../test/harness/fake-clock.js';
import { keepLines } from '../../../../../test/harness/log-lines.js';
import { WalCheckpoints } from './wal-checkpoints.js';

const failing = (code: string) => Object.assign(new Error('no checkpoint'), { code });

function boundsThatFail(code: string) {
  const clock = new FakeClock();
  const { log, lines } = keepLines();
  const seen = { checkpoints: 0, failed: 0 };
  const bounds = new WalCheckpoints(clock, log, {
    checkpoint: async () => {
      seen.checkpoints += 1;
      throw failing(code);
    },
    restart: async () => true,
    pauseReads: async () => {},
    resumeReads: () => {},
    failed: () => {
      seen.failed += 1;
    },
  });
  const serve = async (): Promise<void> => {
    bounds.serve({ checkpoint: true, restart: false });
    await new Promise(setImmediate);
  };
  return { clock, lines, seen, serve };
}

it.each(['SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_IOERR_SHMSIZE'])(
  'a checkpoint that failed with %s is retried after a second',
  async (code) => {
    const { clock, lines, seen, serve } = boundsThatFail(code);
    await serve();
    await serve();
    expect(seen).toEqual({ checkpoints: 1, failed: 0 });
    clock.advance(1_000);
    await serve();
    expect(seen).toEqual({ checkpoints: 2, failed: 0 });
    expect(lines[0]).toMatchObject({ level: 'warn', fields: { cause: 'no checkpoint' } });
  },
);

it.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT'])(
  'a checkpoint that failed with %s ends the store',
  async (code) => {
    const { seen, serve } = boundsThatFail(code);
    await serve();
    expect(seen).toEqual({ checkpoints: 1, failed: 1 });
  },
);
