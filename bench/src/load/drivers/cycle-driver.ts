import { rawGet, rawPost } from '../../calls/api-call.js';
import {
  ACK_PATH,
  ackBody,
  CONSUME_PATH,
  consumeBody,
  deliveriesIn,
} from '../../calls/consume-calls.js';
import { PUBLISH_PATH, type PublishFields, publishBody } from '../../calls/publish-call.js';
import { statsPath } from '../../calls/queue-stats.js';
import type { LoadDriver, RawRequest } from './load-driver.js';
import type { CycleTraffic } from './traffic.js';

type Step = 'publish' | 'consume' | 'ack' | 'stats';

/** The requests to one queue that are the same in each unit. */
interface QueueCalls {
  queue: string;
  /** One for each priority or message group, used in turn. */
  publishes: Buffer[];
  consume: Buffer;
  stats: Buffer;
}

/**
 * A connection may get the message that another one published. After an empty answer the consume is
 * repeated: the message that this connection published exists, but a store may withhold it for an
 * instant while others consume. The time counts, the empty answer does not.
 */
export function cycleDriver(traffic: CycleTraffic): LoadDriver {
  const { publishes, asksStats = false } = traffic;
  const calls = traffic.queues.map((queue) => callsOf(queue, traffic));
  const places: { step: Step; calls: QueueCalls }[] = [];
  let units = 0;

  const place = (connection: number) => places[connection] as (typeof places)[number];
  const send = (connection: number, step: Step, request: RawRequest): RawRequest => {
    place(connection).step = step;
    return request;
  };

  return {
    nextRequest(connection) {
      const of = calls[units % calls.length] as QueueCalls;
      const turn = Math.floor(units / calls.length);
      units += 1;
      places[connection] = { step: publishes ? 'publish' : 'consume', calls: of };
      return publishes ? (of.publishes[turn % of.publishes.length] as Buffer) : of.consume;
    },

    acceptBody: (body, connection) =>
      place(connection).step !== 'ack' || body.includes('"acked":true'),

    step: (connection) => place(connection).step,

    onBody(body, connection) {
      const { step, calls: of } = place(connection);
      if (step === 'publish') return send(connection, 'consume', of.consume);
      if (step === 'consume') {
        const [delivery] = deliveriesIn(body);
        if (delivery === undefined) return of.consume;
        const ack = ackBody(of.queue, delivery);
        return send(connection, 'ack', rawPost(ACK_PATH, traffic.apiKey, ack));
      }
      return step === 'ack' && asksStats ? send(connection, 'stats', of.stats) : undefined;
    },
  };
}

/** The id of a message group of a FIFO queue. */
export const groupId = (index: number): string => `group-${index}`;

function callsOf(
  queue: string,
  { apiKey, priorities, groups, payloadBytes }: CycleTraffic,
): QueueCalls {
  const fields: PublishFields[] =
    groups === undefined
      ? (priorities?.map((priority) => ({ priority })) ?? [{}])
      : Array.from({ length: groups }, (_, index) => ({ message_group_id: groupId(index) }));
  return {
    queue,
    publishes: fields.map((of) =>
      Buffer.from(rawPost(PUBLISH_PATH, apiKey, publishBody(queue, of, payloadBytes))),
    ),
    consume: Buffer.from(rawPost(CONSUME_PATH, apiKey, consumeBody(queue))),
    stats: Buffer.from(rawGet(statsPath(queue), apiKey)),
  };
}
