import { afterAll, expect } from 'vitest';
import type { CallOptions, HttpAnswer, Json, TestServer } from '../../harness/http-server.js';
import { ManagingClient } from '../../harness/managing-client.js';
import { PushReceiver } from '../../harness/push-receiver.js';
import type { StoreFactory } from '../../harness/stores.js';
import { dataOf } from '../answers/expect-answer.js';
import { moment, type RunningServer, useServer } from '../use-server.js';

type Change = 'pause' | 'resume' | 'test';

/** Short forms of the calls for push subscriptions. */
export class PushingClient extends ManagingClient {
  constructor(
    private readonly pushing: Pick<TestServer, 'call'>,
    private readonly given: CallOptions = {},
  ) {
    super(pushing, given);
  }

  override with(options: CallOptions): PushingClient {
    return new PushingClient(this.pushing, { ...this.given, ...options });
  }

  subscribe(queue: string, settings: unknown, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.post(`push_subscribe/${queue}`, settings, options);
  }

  /** Subscribes, which must succeed, and returns the record. */
  async subscribed(queue: string, url: string, settings: object = {}): Promise<Json> {
    return dataOf(await this.subscribe(queue, { url, ...settings }));
  }

  async subscriptions(queue: string): Promise<Json[]> {
    return dataOf(await this.get(`push_subscriptions/${queue}`)).items;
  }

  change(queue: string, id: string, what: Change, body: unknown = {}): Promise<HttpAnswer> {
    return this.post(`push_subscribe/${queue}/${id}/${what}`, body);
  }

  unsubscribe(queue: string, id: string, body?: unknown): Promise<HttpAnswer> {
    const path = `/v1/queue/push_subscribe/${queue}/${id}`;
    return this.pushing.call('DELETE', path, body, this.given);
  }

  async deliveries(queue: string, id: string): Promise<Json[]> {
    return dataOf(await this.get(`push_subscribe/${queue}/${id}/deliveries`)).items;
  }

  /** Waits until the message is delayed, which is the state after a failed push. */
  expectDelayed(queue: string, count = 1): Promise<void> {
    return this.expectStats(queue, { delayed: count, in_flight: 0 });
  }

  /** Whether the queue has no messages left to push. */
  async isEmpty(queue: string): Promise<boolean> {
    const { available, in_flight, delayed } = await this.stats(queue);
    return available + in_flight + delayed === 0;
  }

  /** Waits until the queue has no messages left to push. */
  expectEmpty(queue: string): Promise<void> {
    return this.expectStats(queue, { available: 0, in_flight: 0, delayed: 0 });
  }
}

export interface Pushes {
  readonly running: RunningServer;
  readonly client: PushingClient;
  readonly clock: RunningServer['clock'];
  /** Starts a receiver that is stopped after the tests. */
  receiver(): Promise<PushReceiver>;
  /** Moves the clock in steps until the condition holds. */
  advanceUntil(isDone: () => boolean | Promise<boolean>, stepMs?: number): Promise<void>;
  /** Moves the clock once no message of the queue is leased, so that no lease expires by it. */
  advanceIdle(queue: string, durationMs: number): Promise<void>;
}

export const ALLOW_THIS_MACHINE = ['--push-allow', '127.0.0.1'] as const;

/** A server that may push to this machine, with a clock that the tests move. */
export function usePushes(factory: StoreFactory, flags: readonly string[] = []): Pushes {
  const running = useServer(factory, [...ALLOW_THIS_MACHINE, ...flags]);
  const receivers: PushReceiver[] = [];
  // Hooks run in reverse order, so the receivers stop before the server that pushes to them.
  afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())));
  const client = new PushingClient(running);
  return {
    running,
    client,
    clock: running.clock,
    async receiver() {
      const receiver = await PushReceiver.start();
      receivers.push(receiver);
      return receiver;
    },
    async advanceUntil(isDone, stepMs = 250) {
      for (let step = 0; !(await isDone()); step += 1) {
        expect(step, 'steps of the clock until the condition holds').toBeLessThan(2_000);
        running.clock.advance(stepMs);
        // A lease of 30 seconds must last at least 1.2 s, which a busy machine may need.
        await moment(Math.max(4, stepMs / 25));
      }
    },
    async advanceIdle(queue, durationMs) {
      await client.expectStats(queue, { in_flight: 0 });
      running.clock.advance(durationMs);
      await moment(2);
    },
  };
}
