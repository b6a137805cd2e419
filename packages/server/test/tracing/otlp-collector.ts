import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { Json } from '../harness/http-server.js';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly attributes: Readonly<Record<string, string | number>>;
  /** The ids of the spans that it is linked with. */
  readonly links: readonly string[];
  readonly isError: boolean;
}

const KINDS = { 1: 'internal', 2: 'server', 3: 'client' } as const;
const ERROR = 2;

/** A collector that keeps what it is sent by OTLP over HTTP, and decodes JSON. */
export class OtlpCollector {
  readonly bodies: Buffer[] = [];
  readonly types: (string | undefined)[] = [];
  readonly spans: ReceivedSpan[] = [];
  /** The attributes of the latest resource. */
  resource: Readonly<Record<string, string | number>> = {};
  /** Whether requests are read and never answered. */
  hangs = false;
  private readonly server = createServer((request, response) => {
    void this.receive(request, response);
  });

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    collector.server.listen(0, '127.0.0.1');
    await once(collector.server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Waits for the spans that fit, and returns them. */
  async waitFor(
    fits: (span: ReceivedSpan) => boolean,
    count = 1,
  ): Promise<readonly [ReceivedSpan, ...ReceivedSpan[]]> {
    const names = () => this.spans.map(({ name }) => name).join(', ');
    await expect
      .poll(() => this.spans.filter(fits).length, { timeout: 20_000, message: names() })
      .toBeGreaterThanOrEqual(count);
    return this.spans.filter(fits) as [ReceivedSpan, ...ReceivedSpan[]];
  }

  async named(name: string): Promise<ReceivedSpan> {
    return (await this.waitFor((span) => span.name === name))[0];
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const type = request.headers['content-type'];
    this.bodies.push(body);
    this.types.push(type);
    if (this.hangs) return;
    if (type === 'application/json') this.decode(JSON.parse(body.toString()));
    response.writeHead(200).end();
  }

  private decode({ resourceSpans }: Json): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.resource = attributesOf(resource);
      for (const { spans } of scopeSpans) this.spans.push(...spans.map(spanOf));
    }
  }
}

const spanOf = (span: Json): ReceivedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  name: span.name,
  kind: KINDS[span.kind as keyof typeof KINDS],
  attributes: attributesOf(span),
  links: (span.links ?? []).map(({ spanId }: Json) => spanId),
  isError: span.status.code === ERROR,
});

const attributesOf = ({ attributes }: Json): Record<string, string | number> =>
  Object.fromEntries(attributes.map(({ key, value }: Json) => [key, Object.values(value)[0]]));
