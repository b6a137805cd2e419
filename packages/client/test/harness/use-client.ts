import { Millrace, type MillraceOptions, type Queue } from '@millrace/client';
import { afterAll, beforeAll } from 'vitest';
import {
  ADMIN_KEY,
  startTestServer,
  type TestServer,
} from '../../../server/test/harness/http-server.js';
import type { StoreFactory, StoreFixture } from '../../../server/test/harness/stores.js';

let queuesMade = 0;

/** A real server that the tests of one `describe` share, and clients of it. */
export class ClientOfServer {
  #started: { fixture: StoreFixture; server: TestServer } | undefined;

  constructor(
    private readonly factory: StoreFactory,
    private readonly flags: readonly string[],
  ) {}

  get url(): string {
    return this.server.url;
  }

  get server(): TestServer {
    if (this.#started === undefined) throw new Error('the server runs only inside of tests');
    return this.#started.server;
  }

  client(options: MillraceOptions = {}): Millrace {
    return new Millrace({ baseUrl: this.url, apiKey: ADMIN_KEY, ...options });
  }

  /** Creates a queue with a name that no other test uses. */
  async newQueue<T = unknown>(
    settings: Parameters<Queue['create']>[0] = {},
    options: MillraceOptions = {},
  ): Promise<Queue<T>> {
    queuesMade += 1;
    const queue = this.client(options).queue<T>(`client-queue-${queuesMade}`);
    await queue.create(settings);
    return queue;
  }

  async start(): Promise<void> {
    const fixture = await this.factory.create();
    this.#started = { fixture, server: await startTestServer(fixture, this.flags) };
  }

  async stop(): Promise<void> {
    await this.#started?.server.stop();
    await this.#started?.fixture.remove();
  }
}

/** Time passes as in production: leases and delays of these tests are short. */
export function useClient(factory: StoreFactory, flags: readonly string[] = []): ClientOfServer {
  const running = new ClientOfServer(factory, flags);
  beforeAll(() => running.start());
  afterAll(() => running.stop());
  return running;
}
