import { Pool } from 'undici';
import type { MillraceAddress } from '../servers/server-process.js';

interface Message {
  message_id: string;
  receipt: string;
}

/** The calls that the bench makes, with one kept connection for each caller. */
export class MillraceClient {
  readonly #pool: Pool;
  readonly #headers: Record<string, string>;

  constructor({ port, apiKey }: MillraceAddress, connections: number) {
    this.#pool = new Pool(`http://127.0.0.1:${port}`, { connections });
    this.#headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  }

  publish(queue: string, payload: unknown): Promise<{ message_id: string }> {
    return this.#post('publish', { queue, payload });
  }

  publishBatch(queue: string, payloads: unknown[]): Promise<{ message_ids: string[] }> {
    const messages = payloads.map((payload) => ({ payload }));
    return this.#post('publish_batch', { queue, messages });
  }

  async consume(queue: string, maxMessages: number): Promise<Message[]> {
    const body = { queue, max_messages: maxMessages, wait_seconds: 10 };
    return (await this.#post<{ messages: Message[] }>('consume', body)).messages;
  }

  async ack(queue: string, { message_id, receipt }: Message): Promise<void> {
    const { acked } = await this.#post<{ acked: boolean }>('ack', { queue, message_id, receipt });
    if (!acked) throw new Error(`the message ${message_id} was not acked`);
  }

  async ackBatch(queue: string, messages: Message[]): Promise<void> {
    const entries = messages.map(({ message_id, receipt }) => ({ message_id, receipt }));
    const body = { queue, messages: entries };
    const { results } = await this.#post<{ results: { acked: boolean }[] }>('ack_batch', body);
    if (!results.every(({ acked }) => acked)) throw new Error('a message was not acked');
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #post<Data>(call: string, body: object): Promise<Data> {
    const path = `/v1/queue/${call}`;
    const text = JSON.stringify(body);
    const answer = await this.#pool.request({
      path,
      method: 'POST',
      headers: this.#headers,
      body: text,
    });
    if (answer.statusCode !== 200) {
      throw new Error(`${path} answered ${answer.statusCode}: ${await answer.body.text()}`);
    }
    return ((await answer.body.json()) as { data: Data }).data;
  }
}
