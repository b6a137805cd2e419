import { expect } from 'vitest';
import type { CallOptions, HttpAnswer, Json, TestServer } from './http-server.js';

let queuesMade = 0;

/** Short forms of the queue calls: each posts its arguments and returns the answer. */
export class QueueClient {
  constructor(
    private readonly server: Pick<TestServer, 'call'>,
    private readonly options: CallOptions = {},
  ) {}

  /** The same server, with another key or other headers. */
  with(options: CallOptions): QueueClient {
    return new QueueClient(this.server, { ...this.options, ...options });
  }

  post(call: string, body: unknown, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.server.call('POST', `/v1/queue/${call}`, body, { ...this.options, ...options });
  }

  get(path: string): Promise<HttpAnswer> {
    return this.server.call('GET', `/v1/queue/${path}`, undefined, this.options);
  }

  /** Creates a queue with a name that no other test uses. */
  async newQueue(settings: Record<string, unknown> = {}): Promise<string> {
    queuesMade += 1;
    const name = `queue-${queuesMade}`;
    const answer = await this.post('create', { name, ...settings });
    expect(answer.status, answer.text).toBe(200);
    return name;
  }

  /** Publishes one message. @returns its id */
  async publish(queue: string, payload: unknown = {}, more: object = {}): Promise<string> {
    const answer = await this.post('publish', { queue, payload, ...more });
    expect(answer.status, answer.text).toBe(200);
    return answer.body.data.message_id;
  }

  /** Consumes messages. */
  async consume(queue: string, more: object = {}): Promise<Json[]> {
    const answer = await this.post('consume', { queue, ...more });
    expect(answer.status, answer.text).toBe(200);
    return answer.body.data.messages;
  }

  /** Consumes one message, which must be there. */
  async take(queue: string, more: object = {}): Promise<Json> {
    const messages = await this.consume(queue, { max_messages: 1, ...more });
    expect(messages).toHaveLength(1);
    return messages[0];
  }

  ack(queue: string, message_id: string, more: object = {}): Promise<HttpAnswer> {
    return this.post('ack', { queue, message_id, ...more });
  }

  nack(queue: string, message_id: string, more: object = {}): Promise<HttpAnswer> {
    return this.post('nack', { queue, message_id, ...more });
  }

  extend(
    queue: string,
    message_id: string,
    visibility_timeout: number,
    more: object = {},
  ): Promise<HttpAnswer> {
    return this.post('extend', { queue, message_id, visibility_timeout, ...more });
  }

  async stats(queue: string): Promise<Json> {
    const answer = await this.get(`stats/${queue}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.body.data;
  }

  /** Due leases and delays are settled in the background: polls until the counts are as expected. */
  async expectStats(queue: string, expected: object): Promise<void> {
    await expect
      .poll(() => this.stats(queue), { timeout: 30_000, interval: 10 })
      .toMatchObject(expected);
  }
}
