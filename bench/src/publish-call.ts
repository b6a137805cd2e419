export const PUBLISH_PATH = '/v1/queue/publish';

const PAYLOAD_BYTES = 200;
const FRAME = '{"data":""}';

/** A JSON payload of exactly 200 bytes, the size that every scenario uses. */
export const payload = `{"data":"${'x'.repeat(PAYLOAD_BYTES - FRAME.length)}"}`;

export function publishBody(queue: string, priority?: number): string {
  const field = priority === undefined ? '' : `,"priority":${priority}`;
  return `{"queue":"${queue}","payload":${payload}${field}}`;
}
