export const PUBLISH_PATH = '/v1/queue/publish';

const FRAME = '{"data":""}';

/** The smallest payload that `payloadOf` makes. */
export const MIN_PAYLOAD_BYTES = FRAME.length;

/** A JSON payload of exactly this many bytes. */
export const payloadOf = (bytes: number): string =>
  `{"data":"${'x'.repeat(bytes - FRAME.length)}"}`;

/** The payload that every scenario of `npm run bench` uses. */
export const payload = payloadOf(200);

export interface PublishFields {
  priority?: number;
  message_group_id?: string;
}

export function publishBody(
  queue: string,
  fields: PublishFields = {},
  payloadText = payload,
): string {
  const others = Object.entries(fields).map(
    ([name, value]) => `,"${name}":${JSON.stringify(value)}`,
  );
  return `{"queue":"${queue}","payload":${payloadText}${others.join('')}}`;
}
