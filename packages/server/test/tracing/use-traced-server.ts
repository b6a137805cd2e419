import { Millrace } from '@millrace/client';
import { afterAll, beforeAll } from 'vitest';
import { ADMIN_KEY, callerOf, type TestServer } from '../harness/http-server.js';
import type { StoreFactory, StoreFixture } from '../harness/stores.js';
import { ServerRun } from '../nodes/run-server.js';
import { OtlpCollector } from './otlp-collector.js';

/** `millrace serve` with traces on, and the collector of its traces. */
export class TracedServer {
  readonly collector: OtlpCollector;
  readonly run: ServerRun;
  private url = '';

  private constructor(
    private readonly fixture: StoreFixture,
    collector: OtlpCollector,
    variables: Record<string, string>,
  ) {
    this.collector = collector;
    this.run = new ServerRun(
      fixture.url,
      {
        MILLRACE_API_KEY: ADMIN_KEY,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_BSP_SCHEDULE_DELAY: '50',
        ...variables,
      },
      ['--push-allow', '127.0.0.1', '--auto-create'],
    );
  }

  static async start(
    factory: StoreFactory,
    variables: Record<string, string> = {},
  ): Promise<TracedServer> {
    const collector = await OtlpCollector.start();
    const server = new TracedServer(await factory.create(), collector, variables);
    const url = await server.run.listening();
    if (url === undefined) throw new Error(`the server did not start: ${server.run.stderr}`);
    server.url = url;
    return server;
  }

  get call(): TestServer['call'] {
    return callerOf(this.url);
  }

  get client(): Millrace {
    return new Millrace({ baseUrl: this.url, apiKey: ADMIN_KEY });
  }

  /** Ends the server as an operator does. @returns its exit code */
  async end(): Promise<number | null> {
    if (this.run.isRunning) this.run.signal('SIGTERM');
    return this.run.ended();
  }

  async remove(): Promise<void> {
    await this.run.kill();
    await this.collector.stop();
    await this.fixture.remove();
  }
}

/** A traced server that the tests of one `describe` share. */
export function useTracedServer(
  factory: StoreFactory,
  variables: Record<string, string> = {},
): () => TracedServer {
  let server: TracedServer | undefined;
  beforeAll(async () => {
    server = await TracedServer.start(factory, variables);
  });
  afterAll(() => server?.remove());
  return () => server as TracedServer;
}
