import { type Dispatcher, request } from 'undici';
import { startServer } from '#server/app';
import { loadConfig } from '#server/config/config';
import type { Clock } from '#server/core/clock';
import type { StoreFixture } from './stores.js';

export const ADMIN_KEY = 'test-admin-key-0123456789';

// biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape.
export type Json = any;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body, or undefined when it is not JSON. */
  readonly body: Json;
}

export interface CallOptions {
  /** The bearer secret; null sends none. Defaults to the admin key. */
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export interface TestServer {
  readonly url: string;
  readonly metricsUrl: string | undefined;
  /** A string or bytes are sent unchanged as the body, anything else as JSON. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<HttpAnswer>;
  stop(): Promise<void>;
}

/** Starts a real server in this process, with a real listener. `flags` are those of `millrace serve`. */
export async function startTestServer(
  fixture: StoreFixture,
  flags: readonly string[] = [],
  makeClock?: (earliestMs: number) => Clock,
): Promise<TestServer> {
  const config = loadConfig(
    ['--port', '0', '--store', fixture.url, '--log-level', 'silent', ...flags],
    {
      MILLRACE_API_KEY: ADMIN_KEY,
    },
  );
  const server = await startServer(config, {
    failed: (cause) => {
      throw cause;
    },
    ...(makeClock && { makeClock }),
  });
  return {
    url: server.url,
    metricsUrl: server.metricsUrl,
    stop: server.stop,
    call: callerOf(server.url),
  };
}

/**
 * Makes calls to the server at this url, which may run in another process. It uses undici directly,
 * because `fetch` takes a fifth of the suites’ time.
 */
export function callerOf(url: string): TestServer['call'] {
  return async (method, path, body, { key = ADMIN_KEY, headers = {}, signal } = {}) => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await request(url + path, {
      method: method as Dispatcher.HttpMethod,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await response.body.text();
    const status = response.statusCode;
    return { status, headers: headersOf(response.headers), text, body: parse(text) };
  };
}

function headersOf(received: Dispatcher.ResponseData['headers']): Headers {
  const all = new Headers();
  for (const [name, values = []] of Object.entries(received)) {
    for (const value of [values].flat()) all.append(name, value);
  }
  return all;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
