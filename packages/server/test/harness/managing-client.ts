import { expect } from 'vitest';
import type { CallOptions, HttpAnswer, Json, TestServer } from './http-server.js';
import { QueueClient } from './queue-client.js';

/** Short forms of the calls that change queues, look at messages and manage dead letters. */
export class ManagingClient extends QueueClient {
  constructor(
    private readonly target: Pick<TestServer, 'call'>,
    private readonly callOptions: CallOptions = {},
  ) {
    super(target, callOptions);
  }

  override with(options: CallOptions): ManagingClient {
    return new ManagingClient(this.target, { ...this.callOptions, ...options });
  }

  update(queue: string, settings: unknown = {}): Promise<HttpAnswer> {
    return this.target.call('PATCH', `/v1/queue/update/${queue}`, settings, this.callOptions);
  }

  delete(queue: string, body?: unknown): Promise<HttpAnswer> {
    return this.target.call('DELETE', `/v1/queue/delete/${queue}`, body, this.callOptions);
  }

  purge(queue: string, body: unknown = {}): Promise<HttpAnswer> {
    return this.post(`purge/${queue}`, body);
  }

  redrive(queue: string, body: unknown = {}): Promise<HttpAnswer> {
    return this.post(`dlq/redrive/${queue}`, body);
  }

  purgeDead(queue: string, body: unknown = {}): Promise<HttpAnswer> {
    return this.post(`dlq/purge/${queue}`, body);
  }

  peek(queue: string, query = ''): Promise<HttpAnswer> {
    return this.get(`peek/${queue}?${query}`);
  }

  message(queue: string, messageId: string): Promise<HttpAnswer> {
    return this.get(`message/${queue}/${messageId}`);
  }

  /** Publishes these payloads in batches. @returns their ids in order */
  async publishAll(queue: string, payloads: readonly unknown[], more = {}): Promise<string[]> {
    const ids: string[] = [];
    for (let at = 0; at < payloads.length; at += 1_000) {
      const messages = payloads.slice(at, at + 1_000).map((payload) => ({ payload, ...more }));
      const answer = await this.post('publish_batch', { queue, messages });
      expect(answer.status, answer.text.slice(0, 500)).toBe(200);
      ids.push(...answer.body.data.message_ids);
    }
    return ids;
  }

  /** Consumes up to this number of messages and makes dead letters of them. @returns their ids */
  async kill(queue: string, count = 1_000, error?: string): Promise<string[]> {
    const messages = await this.consume(queue, { max_messages: count });
    const entries = messages.map(({ message_id, receipt }) => ({
      message_id,
      receipt,
      requeue: false,
      error,
    }));
    const answer = await this.post('nack_batch', { queue, messages: entries });
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    // One assertion for all of them: a thousand would take longer than the call.
    const others = answer.body.data.results.filter(
      ({ nacked, requeued }: Json) => nacked !== true || requeued !== false,
    );
    expect(others).toEqual([]);
    return entries.map(({ message_id }) => message_id);
  }

  /** Publishes these payloads and makes dead letters of them at once. */
  async bury(queue: string, ...payloads: unknown[]): Promise<string[]> {
    await this.publishAll(queue, payloads);
    return this.kill(queue, payloads.length);
  }

  async deadLetters(queue: string, limit = 1_000): Promise<Json[]> {
    const answer = await this.get(`dlq/list/${queue}?limit=${limit}`);
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    return answer.body.data.items;
  }

  /** The payloads that can be consumed now, in order; this leases them. */
  async payloads(queue: string): Promise<Json[]> {
    return (await this.consume(queue, { max_messages: 1_000 })).map(({ payload }) => payload);
  }

  /** Follows the pages of a list to their end; the limit may differ for each page. */
  async *pages(path: string, limit: number | (() => number)): AsyncGenerator<Json[]> {
    let cursor = '';
    for (;;) {
      const joint = path.includes('?') ? '&' : '?';
      const most = typeof limit === 'number' ? limit : limit();
      const answer = await this.get(`${path}${joint}limit=${most}${cursor}`);
      expect(answer.status, answer.text.slice(0, 500)).toBe(200);
      const { items, next_cursor } = answer.body.data;
      expect(items.length).toBeLessThanOrEqual(most);
      yield items;
      if (next_cursor === undefined) return;
      cursor = `&cursor=${encodeURIComponent(next_cursor)}`;
    }
  }
}
