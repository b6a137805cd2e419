import type { FaultRun } from './fault-kind.js';

const BATCH = 1_000;

interface Leased {
  readonly message_id: string;
  readonly receipt: string;
}

/**
 * Publishes, leases and acks a number of messages outside of the ledger, for the dead index entries they
 * leave. No other consumer may use the queue, and in the end it contains none of them.
 */
export async function burn(run: FaultRun, queue: string, count: number): Promise<void> {
  for (let left = count; left > 0; left -= BATCH) {
    const messages = Array.from({ length: Math.min(BATCH, left) }, () => ({ payload: 0 }));
    await post(run, 'publish_batch', { queue, messages });
    for (let held = 0; held < messages.length; ) {
      const { messages: leased } = (await post(run, 'consume', {
        queue,
        max_messages: BATCH,
        wait_seconds: 5,
      })) as { messages: Leased[] };
      if (leased.length === 0) throw new Error(`messages published to ${queue} are not found`);
      held += leased.length;
      const acks = leased.map(({ message_id, receipt }) => ({ message_id, receipt }));
      await post(run, 'ack_batch', { queue, messages: acks });
    }
  }
}

async function post({ servers, apiKey }: FaultRun, call: string, body: object): Promise<unknown> {
  const response = await fetch(`${servers[0]?.baseUrl}/v1/queue/${call}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { ok, data, error } = (await response.json()) as Record<string, unknown>;
  if (ok !== true) throw new Error(`${call}: ${JSON.stringify(error)}`);
  return data;
}
