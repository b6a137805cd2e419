export const PUBLISH_PATH = '/v1/queue/publish';

const PAYLOAD_BYTES = 200;
const FRAME = '{"data":""}';

/** A JSON payload of exactly 200 bytes, the size that every scenario uses. */
export const payload = `{"data":"${'x'.repeat(PAYLOAD_BYTES - FRAME.length)}"}`;

export interface PublishFields {
  priority?: number;
  message_group_id?: string;
}

export function publishBody(queue: string, fields: PublishFields = {}): string {
  const others = Object.entries(fields).map(
    ([name, value]) => `,"${name}":${JSON.stringify(value)}`,
  );
  return `{"queue":"${queue}","payload":${payload}${others.join('')}}`;
}
