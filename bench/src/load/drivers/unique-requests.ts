import type { LoadDriver } from './load-driver.js';
import type { RequestTraffic } from './traffic.js';

/** Stands for a text that differs in each request, as long as a UUID. */
export const UNIQUE_TEXT = 'unique-0000000000-0000000000-0000000';

/**
 * Sends the requests in turn. Each `UNIQUE_TEXT` in them becomes a number that no other run has used
 * either, because a server remembers idempotency keys.
 */
export function requestDriver({ requests, refuseText }: RequestTraffic): LoadDriver {
  const templates = requests.map((request) => ({
    bytes: Buffer.from(request),
    uniqueAt: Buffer.from(request).indexOf(UNIQUE_TEXT),
  }));
  const firstNumber = Date.now() * 1000;
  let sent = 0;
  return {
    nextRequest() {
      const { bytes, uniqueAt } = templates[sent % templates.length] as (typeof templates)[number];
      sent += 1;
      if (uniqueAt < 0) return bytes;
      // A copy, because the socket may not have sent the last one yet.
      const request = Buffer.from(bytes);
      const text = String(firstNumber + sent).padStart(UNIQUE_TEXT.length, '0');
      request.write(text, uniqueAt, 'latin1');
      return request;
    },
    ...(refuseText !== undefined && { acceptBody: (body) => !body.includes(refuseText) }),
  };
}
