import { once } from 'node:events';
import type { Socket } from 'node:net';
import { callerOf, type HttpAnswer } from '../harness/http-server.js';
import { openSocket, requestHead } from '../harness/raw-http.js';

export const KEY = 'a-key-of-the-test-0123456789';

const BODY = '{"queue":"orders","payload":{"order_id":"o_123"}}';
const HALF = 20;

/** A call that waits for messages and one whose body has arrived by half, both under way. */
export class WaitingCalls {
  private constructor(
    private readonly polled: Promise<HttpAnswer>,
    private readonly publishing: Socket,
    private readonly published: Promise<string>,
  ) {}

  static async begin(url: string): Promise<WaitingCalls> {
    const call = callerOf(url);
    const created = await call('POST', '/v1/queue/create', { name: 'orders' }, { key: KEY });
    if (created.status !== 200) throw new Error(created.text);
    const body = { queue: 'orders', wait_seconds: 20 };
    const polled = call('POST', '/v1/queue/consume', body, { key: KEY });
    const publishing = openSocket(url);
    publishing.on('error', () => undefined);
    publishing.write(
      requestHead('POST', '/v1/queue/publish', {
        Connection: 'keep-alive',
        Authorization: `Bearer ${KEY}`,
        'Content-Type': 'application/json',
        'Content-Length': BODY.length,
      }) + BODY.slice(0, HALF),
    );
    let text = '';
    publishing.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    const published = once(publishing, 'close').then(() => text);
    publishing.on('end', () => publishing.end());
    return new WaitingCalls(polled, publishing, published);
  }

  sendRestOfBody(): void {
    this.publishing.write(BODY.slice(HALF));
  }

  answerOfPoll(): Promise<HttpAnswer> {
    return this.polled;
  }

  /** All that came on the connection of the publish until the server closed it. */
  answerOfPublish(): Promise<string> {
    return this.published;
  }

  drop(): void {
    this.publishing.destroy();
    this.polled.catch(() => undefined);
  }
}
