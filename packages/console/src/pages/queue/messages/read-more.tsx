import { Button, Text } from '@mantine/core';
import { countOf, formatCount } from '../../../design/format.js';
import classes from './message-list.module.css';
import type { MessageFilter } from './use-message-filter.js';

/** What is used of an infinite query. */
interface Reading {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

interface ReadMoreProps {
  readonly filter: MessageFilter<unknown>;
  readonly reading: Reading;
  readonly readCount: number;
  /** How many there are, read or not, if it is known. */
  readonly total?: number | undefined;
  /** What is read, in the singular. */
  readonly noun: string;
}

/** How much was read, and a way to read more. */
export function ReadMore({ filter, reading, readCount, total, noun }: ReadMoreProps) {
  const matches = filter.isEmpty ? '' : `${countOf(filter.shown.length, 'match', 'matches')} in `;
  const ofAll = total !== undefined && total > readCount ? ` of ${formatCount(total)}` : '';
  return (
    <div className={classes.more}>
      <Text size="sm" c="dimmed" role="status">
        {`${matches}${countOf(readCount, noun)} read${ofAll}`}
      </Text>
      {reading.hasNextPage && (
        <Button
          size="compact-sm"
          variant="light"
          loading={reading.isFetchingNextPage}
          onClick={() => reading.fetchNextPage()}
        >
          Read more
        </Button>
      )}
    </div>
  );
}
