import { PAYLOAD_BYTES, payload, payloadOf } from './publish-call.js';

export const PUBLISH_BATCH_PATH = '/v1/queue/publish_batch';

export const batchBody = (queue: string, size: number, payloadBytes = PAYLOAD_BYTES): string =>
  `{"queue":"${queue}","messages":[${Array(size).fill(`{"payload":${payloadOf(payloadBytes)}}`)}]}`;

/** One message for each of these message groups of a FIFO queue. */
export function groupBatchBody(queue: string, groups: readonly string[]): string {
  const messages = groups.map((id) => `{"payload":${payload},"message_group_id":"${id}"}`);
  return `{"queue":"${queue}","messages":[${messages}]}`;
}
