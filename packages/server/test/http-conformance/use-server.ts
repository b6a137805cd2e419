import { afterAll, beforeAll } from 'vitest';
import { FakeClock } from '../harness/fake-clock.js';
import { startTestServer, type TestServer } from '../harness/http-server.js';
import { QueueClient } from '../harness/queue-client.js';
import type { StoreFactory, StoreFixture } from '../harness/stores.js';

/** A server that the tests of one `describe` share, with a clock that they move. */
export class RunningServer {
  private started: { fixture: StoreFixture; server: TestServer } | undefined;
  readonly clock = new FakeClock();
  readonly client = new QueueClient(this);

  constructor(
    private readonly factory: StoreFactory,
    private readonly flags: readonly string[],
  ) {}

  get url(): string {
    return this.running.server.url;
  }

  get metricsUrl(): string | undefined {
    return this.running.server.metricsUrl;
  }

  readonly call: TestServer['call'] = (...args) => this.running.server.call(...args);

  async start(): Promise<void> {
    const fixture = await this.factory.create();
    this.started = { fixture, server: await this.startOn(fixture, this.flags) };
  }

  /** Stops the server and restarts it on the same data, optionally later and with other flags. */
  async restart(flags = this.flags, afterMs = 0): Promise<void> {
    const { fixture, server } = this.running;
    await server.stop();
    this.clock.advance(afterMs);
    this.started = { fixture, server: await this.startOn(fixture, flags) };
  }

  async stop(): Promise<void> {
    await this.started?.server.stop();
    await this.started?.fixture.remove();
  }

  private startOn(fixture: StoreFixture, flags: readonly string[]): Promise<TestServer> {
    return startTestServer(fixture, flags, (earliestMs) => {
      // Like the server's own clock, it does not start before the last time that the store has seen.
      this.clock.advance(Math.max(0, earliestMs - this.clock.nowMs()));
      return this.clock;
    });
  }

  private get running(): { fixture: StoreFixture; server: TestServer } {
    if (this.started === undefined) throw new Error('the server runs only inside of tests');
    return this.started;
  }
}

export function useServer(factory: StoreFactory, flags: readonly string[] = []): RunningServer {
  const running = new RunningServer(factory, flags);
  beforeAll(() => running.start());
  afterAll(() => running.stop());
  return running;
}

/** Waits in real time, for network traffic. No test may depend on how long it takes. */
export const moment = (durationMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, durationMs));

/** Moves the clock in steps until a call that waits for it is answered. */
export async function advanceUntil<T>(
  clock: FakeClock,
  stepMs: number,
  pending: Promise<T>,
): Promise<T> {
  let over = false;
  const settled = pending.finally(() => {
    over = true;
  });
  while (!over) {
    await moment(5);
    clock.advance(stepMs);
  }
  return settled;
}
