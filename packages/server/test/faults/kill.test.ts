import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultReport, runFaultRounds } from './fault-rounds.js';
import { kill } from './kinds/kill.js';
import { evidenceOf } from './ledger/evidence.js';
import { checkLedger } from './ledger/ledger-checker.js';
import { PLANT_NAMES, plantFault } from './planted/planted-faults.js';

const ROUNDS = 3;

describe('a server that is killed under load, on SQLite', () => {
  let folder: string;
  let report: FaultReport;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
    const seed = Date.now() % 1_000_000_000;
    process.stdout.write(
      `seed ${seed}; to repeat: npm run test:faults -- --rounds ${ROUNDS} --seed ${seed}\n`,
    );
    report = await runFaultRounds({
      kind: kill,
      store: 'sqlite',
      seed,
      rounds: ROUNDS,
      storeUrl: `sqlite:${join(folder, 'millrace.db')}`,
      nodes: 1,
      longestVisibilityMs: 2_000,
      longestSpanMs: 1_200,
      minPublishes: 800,
    });
    const { events, violations, ...counts } = report;
    process.stdout.write(`${JSON.stringify(counts)}, ${events.length} events\n`);
    process.stdout.write(evidenceOf(events, violations));
  }, 300_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps every promise', () => {
    expect(report.violations).toEqual([]);
  });

  it('is restarted, and publishes and acks, often enough for a meaningful run', () => {
    expect(report.restarts).toBe(ROUNDS);
    expect(report.published).toBeGreaterThan(500);
    expect(report.acked).toBeGreaterThan(500);
    expect(report.inOrder).toBeGreaterThan(100);
    expect(report.unknown).toBeGreaterThan(0);
  });

  // A checker that finds no fault in any ledger would prove nothing.
  it.each(PLANT_NAMES)(
    'leaves a ledger in which the checker finds the planted fault %s',
    (name) => {
      const violations = checkLedger(plantFault(name, report.events));
      expect(violations.map((violation) => violation.invariant)).toContain(name);
    },
  );
});
