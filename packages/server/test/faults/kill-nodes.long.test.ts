import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../harness/postgres.js';
import { type FaultReport, runFaultRounds } from './fault-rounds.js';
import { kill } from './kinds/kill.js';
import { evidenceOf } from './ledger/evidence.js';

const ROUNDS = 3;
const NODES = 2;

describe('a service whose nodes are killed under load, on PostgreSQL', () => {
  let postgres: RunningPostgres;
  let report: FaultReport;

  beforeAll(async () => {
    postgres = await startPostgres();
    const seed = Date.now() % 1_000_000_000;
    process.stdout.write(
      `seed ${seed}; to repeat: npm run test:faults -- --store postgres --nodes ${NODES} --rounds ${ROUNDS} --seed ${seed}\n`,
    );
    report = await runFaultRounds({
      kind: kill,
      store: 'postgres',
      seed,
      rounds: ROUNDS,
      storeUrl: postgres.url,
      nodes: NODES,
      longestVisibilityMs: 2_000,
      longestSpanMs: 1_200,
      minPublishes: 800,
    });
    const { events, violations, ...counts } = report;
    process.stdout.write(`${JSON.stringify(counts)}, ${events.length} events\n`);
    process.stdout.write(evidenceOf(events, violations));
  }, 300_000);

  afterAll(() => postgres?.stop());

  it('keeps every promise', () => {
    expect(report.violations).toEqual([]);
  });

  it('is restarted, and publishes and acks, often enough for a meaningful run', () => {
    expect(report.restarts).toBeGreaterThanOrEqual(ROUNDS);
    expect(report.published).toBeGreaterThan(500);
    expect(report.acked).toBeGreaterThan(500);
    expect(report.inOrder).toBeGreaterThan(100);
    expect(report.unknown).toBeGreaterThan(0);
  });
});
