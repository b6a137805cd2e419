export const PUBLISH_PATH = '/v1/queue/publish';

/** What every scenario uses that names no other size. */
export const PAYLOAD_BYTES = 200;
const FRAME = '{"data":""}';
export const SMALLEST_PAYLOAD_BYTES = FRAME.length;

/** A JSON payload of exactly this size. */
export const payloadOf = (bytes: number): string =>
  `{"data":"${'x'.repeat(bytes - FRAME.length)}"}`;

export const payload = payloadOf(PAYLOAD_BYTES);

export interface PublishFields {
  priority?: number;
  message_group_id?: string;
  idempotency_key?: string;
}

export function publishBody(
  queue: string,
  fields: PublishFields = {},
  payloadBytes = PAYLOAD_BYTES,
): string {
  const others = Object.entries(fields).map(
    ([name, value]) => `,"${name}":${JSON.stringify(value)}`,
  );
  return `{"queue":"${queue}","payload":${payloadOf(payloadBytes)}${others.join('')}}`;
}
