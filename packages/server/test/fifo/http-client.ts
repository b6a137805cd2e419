import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer, Json, TestServer } from '../harness/http-server.js';
import type { FifoApi, Ref } from './fifo-api.js';

/** A client of servers that share a store: each call goes to the server that `choose` returns. */
export function httpClient(choose: () => Pick<TestServer, 'call'>): FifoApi {
  const call = async (method: string, path: string, body?: object): Promise<HttpAnswer> => {
    const answer = await choose().call(method, `/v1/queue/${path}`, body);
    // A queue that is being created again is missing for a moment, and a lease may be lost.
    if (answer.status === 200 || answer.status === 404 || answer.status === 409) return answer;
    throw new Error(`${path} was answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  };
  const post = async (path: string, body: object): Promise<Json> =>
    (await call('POST', path, body)).body.data;
  const messagesOf = (entries: readonly Ref[], more: (entry: Json) => object = () => ({})) =>
    entries.map((entry) => ({
      ...{ message_id: entry.messageId, receipt: entry.receipt, ...more(entry) },
    }));
  return {
    nowMs: () => performance.now(),
    pass: (durationMs) => sleep(durationMs),
    async create(name, { maxRetries: max_retries, maxExpiredLeases: max_expired_leases }) {
      await post('create', { name, type: 'fifo', max_retries, max_expired_leases });
    },
    async delete(queue) {
      await call('DELETE', `delete/${queue}`);
    },
    async publish(queue, group, payloads) {
      const more = group === null ? {} : { message_group_id: group };
      const messages = payloads.map((text) => ({ payload: JSON.parse(text), ...more }));
      return (await post('publish_batch', { queue, messages }))?.message_ids ?? [];
    },
    async consume(queue, max_messages, visibilityMs) {
      const visibility_timeout = visibilityMs / 1_000;
      const data = await post('consume', { queue, max_messages, visibility_timeout });
      return (data?.messages ?? []).map((message: Json) => ({
        messageId: message.message_id,
        group: message.message_group_id ?? null,
        receipt: message.receipt,
        payload: JSON.stringify(message.payload),
      }));
    },
    async ack(queue, entries) {
      const data = await post('ack_batch', { queue, messages: messagesOf(entries) });
      return (data?.results ?? []).map(({ acked }: Json) => acked === true);
    },
    async nack(queue, entries) {
      const messages = messagesOf(entries, ({ requeue, delayMs }) => ({
        ...{ requeue, delay_seconds: delayMs / 1_000 },
      }));
      const data = await post('nack_batch', { queue, messages });
      return (data?.results ?? []).map(({ nacked, requeued }: Json) => ({
        ...{ nacked: nacked === true, requeued: requeued === true },
      }));
    },
    async extend(queue, { messageId, receipt }, visibilityMs) {
      const body = { queue, message_id: messageId, receipt };
      const data = await post('extend', { ...body, visibility_timeout: visibilityMs / 1_000 });
      return data?.extended === true;
    },
    async purge(queue) {
      await post(`purge/${queue}`, {});
    },
    async deadLetters(queue) {
      const ids: string[] = [];
      let cursor = '';
      do {
        const { body } = await call('GET', `dlq/list/${queue}?limit=1000${cursor}`);
        ids.push(...(body.data?.items ?? []).map((item: Json) => item.message_id));
        const next = body.data?.next_cursor;
        cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`;
      } while (cursor !== '');
      return ids;
    },
    async redrive(queue, messageId) {
      const data = await post(`dlq/redrive/${queue}`, { message_id: messageId });
      return data?.redriven === 1;
    },
    async count(queue) {
      const { body } = await call('GET', `stats/${queue}`);
      const { available = 0, in_flight = 0, delayed = 0 } = body.data ?? {};
      return available + in_flight + delayed;
    },
  };
}
