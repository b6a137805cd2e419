import type { Comparison, LatencyRow, PausesRow, Row } from '../comparison/scenario.js';
import type { Environment } from './environment.js';

/** What `--json` writes. */
export interface ResultFile {
  environment: Environment;
  rows: Row[];
  notes: string[];
}

export const comparisonsIn = (rows: readonly Row[]): Comparison[] =>
  rows.filter((row): row is Comparison => row.kind === 'rate' || row.kind === 'cost');

export const latenciesIn = (rows: readonly Row[]): LatencyRow[] =>
  rows.filter((row) => row.kind === 'latency');

export const pausesIn = (rows: readonly Row[]): PausesRow[] =>
  rows.filter((row) => row.kind === 'pauses');
