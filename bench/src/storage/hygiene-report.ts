import { markdownTable } from '../report/markdown-table.js';
import type { TableSize } from './table-sizes.js';

/** One row of the closing table: the speed of a phase and the sizes of the tables at its end. */
export interface Phase {
  name: string;
  /** Absent if nothing was sent. */
  perSecond?: number;
  tables: TableSize[];
}

export function progressLine(
  elapsedMs: number,
  completed: number,
  perSecond: number,
  tables: TableSize[],
): string {
  const seconds = Math.round(elapsedMs / 1000);
  return `${seconds} s: ${completed} messages, ${Math.round(perSecond)}/s; ${tables.map(tableText).join('; ')}`;
}

function tableText({ name, bytes, deadTuples, indexes }: TableSize): string {
  const indexTexts = indexes.map((index) => `${index.name} ${mebibytes(index.bytes)}`);
  return `${name} ${mebibytes(bytes)} MiB, ${deadTuples} dead (${indexTexts.join(', ')})`;
}

/** One column for the speed, then the size, the dead tuples and the indexes of each table. */
export function phasesTable(phases: Phase[]): string {
  const last = phases.at(-1)?.tables ?? [];
  const columns = last.flatMap(({ name, indexes }) => [
    `${name} MiB`,
    `${name} dead`,
    ...indexes.map((index) => `${index.name} MiB`),
  ]);
  const rows = phases.map(({ name, perSecond, tables }) => [
    name,
    perSecond === undefined ? '' : perSecond.toFixed(0),
    ...tables.flatMap(({ bytes, deadTuples, indexes }) => [
      mebibytes(bytes),
      String(deadTuples),
      ...indexes.map((index) => mebibytes(index.bytes)),
    ]),
  ]);
  return markdownTable(['at the end of', 'messages/s', ...columns], rows);
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
