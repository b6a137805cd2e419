import type { Comparison, UsageSummary } from '../comparison/scenario.js';
import type { Usage } from '../usage/usage.js';
import { markdownTable } from './markdown-table.js';

/**
 * CPU times, and bytes and statements of the stores. The main thread of a reference that is a server, such
 * as the bare route, stands beside millrace's; a reference that uses PostgreSQL has a row of its own.
 */
export const usageTable = (comparisons: readonly Comparison[]): string =>
  markdownTable(
    [
      'scenario',
      'main thread, µs/request',
      'reference, µs/request',
      'ratio',
      'writer thread, µs/request',
      'CPU, s per million messages',
      'database CPU, s per million messages',
      'files, bytes/message',
      'WAL, bytes/message',
      'statements/message',
    ],
    comparisons.flatMap(({ name, oursUsage, referenceUsage }) => [
      ...(oursUsage ? [usageRow(name, oursUsage, referenceUsage?.perRequest.mainMicros)] : []),
      ...(referenceUsage?.perMessage.walBytes === undefined
        ? []
        : [usageRow(`${name}, reference`, referenceUsage)]),
    ]),
  );

function usageRow(
  name: string,
  { perRequest, perMessage }: UsageSummary,
  referenceMicros?: number,
): string[] {
  const { mainMicros } = perRequest;
  return [
    name,
    shown(perRequest, 'mainMicros', 1),
    referenceMicros?.toFixed(1) ?? '',
    mainMicros === undefined || referenceMicros === undefined
      ? ''
      : (mainMicros / referenceMicros).toFixed(2),
    shown(perRequest, 'writerMicros', 1),
    shown(perMessage, 'processMicros', 1),
    shown(perMessage, 'databaseMicros', 1),
    // On PostgreSQL the database writes the files.
    perMessage.walBytes === undefined ? shown(perMessage, 'writtenBytes', 0) : '',
    shown(perMessage, 'walBytes', 0),
    shown(perMessage, 'statements', 2),
  ];
}

const shown = (usage: Usage, counter: keyof Usage, digits: number): string =>
  usage[counter]?.toFixed(digits) ?? '';
