import type { QueueMessage } from '@millrace/client';

type Reason = NonNullable<QueueMessage['deadLetterReason']>;

const WORDS: Readonly<Record<Reason, string>> = {
  max_retries: 'Its retries are used up',
  rejected: 'A consumer rejected it for good',
  expired_lease: 'Too many of its leases ran out',
};

/** Why a message became a dead letter. */
export const reasonInWords = (reason: Reason): string => WORDS[reason];

/** The reason and the first line of the last error, for one row of a table. */
export function reasonLine({ deadLetterReason, lastError }: QueueMessage): string {
  const reason = deadLetterReason === undefined ? 'Unknown' : reasonInWords(deadLetterReason);
  const [line = ''] = (lastError ?? '').split('\n');
  return line === '' ? reason : `${reason}: ${line}`;
}

/** The most frequent first lines of the last errors, with how many messages have each. */
export function frequentErrors(
  messages: readonly QueueMessage[],
  most: number,
): { readonly line: string; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const message of messages) {
    const line = reasonLine(message);
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts]
    .map(([line, count]) => ({ line, count }))
    .sort((one, other) => other.count - one.count)
    .slice(0, most);
}
