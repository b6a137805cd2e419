import type { CallingClient } from '../peer.js';
import type { ClientJob } from './client-job.js';

/** Resolves when the unit has ended. */
export type Unit = (caller: number) => Promise<unknown>;

/** What each caller of a client library repeats. */
export function unitOf(client: CallingClient, job: UnitJob): Unit {
  const { scenario, batchSize } = job;
  const publishBatch = (caller: number): Promise<unknown> => {
    if (!client.publishBatch) throw new Error('this client has no batches');
    return client.publishBatch(caller);
  };
  switch (scenario) {
    case 'publish':
      return (caller) => client.publish(caller);
    case 'cycle':
      return async (caller) => {
        await client.publish(caller);
        await client.ack(1, caller);
      };
    case 'batch-cycle':
      return async (caller) => {
        await publishBatch(caller);
        await client.ack(batchSize, caller);
      };
    case 'batch-publish':
      return publishBatch;
    case 'work':
      return workUnit(client, job);
  }
}

type UnitJob = Pick<ClientJob, 'scenario' | 'batchSize' | 'fillCount'>;

/** Fails instead of waiting for messages that were never published. */
function workUnit(client: CallingClient, { batchSize, fillCount }: UnitJob): Unit {
  let left = fillCount;
  return async (caller) => {
    left -= batchSize;
    if (left < 0) throw new Error(`the queue ran dry: ${fillCount} messages were too few`);
    await client.ack(batchSize, caller);
  };
}
