import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  CAPABILITIES,
  type Capability,
  type CapabilityName,
  EXAMPLES,
  type Example,
  pathsOf,
} from '@millrace/protocol';

/** A call as a server understands it, whether its fields are in the path, the query or the body. */
export interface ReceivedCall {
  readonly id: string;
  readonly fields: Record<string, unknown>;
}

export interface SampleReceiver {
  readonly url: string;
  /** The calls since the last time. */
  taken(): ReceivedCall[];
  stop(): void;
}

export const SAMPLE_KEY = 'ifr_of_the_samples_0123456789';

/** Understands each call and answers it with the data of its first example. */
export async function startSampleReceiver(): Promise<SampleReceiver> {
  let calls: ReceivedCall[] = [];
  const server = createServer(async (request, response) => {
    const { name, fields } = await readCall(request);
    calls.push({ id: CAPABILITIES[name].id, fields });
    const { next_cursor, ...data } = exampleOf(name).data as Record<string, unknown>;
    const metadata = { cost_usd: 0, latency_ms: 1, vendor: 'millrace', cache_hit: false };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, data, error: null, metadata }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = calls;
      calls = [];
      return taken;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const exampleOf = (name: CapabilityName): Example => EXAMPLES[name][0] as Example;

async function readCall(
  request: IncomingMessage,
): Promise<{ name: CapabilityName; fields: Record<string, unknown> }> {
  const { pathname, searchParams } = new URL(request.url as string, 'http://receiver');
  if (request.headers.authorization !== `Bearer ${SAMPLE_KEY}`) throw new Error('a wrong key');
  const body = await text(request);
  for (const name of Object.keys(CAPABILITIES) as CapabilityName[]) {
    const capability: Capability = CAPABILITIES[name];
    const inPath = capability.method === request.method && pathFields(capability, pathname);
    if (!inPath) continue;
    const sent = body === '' ? {} : JSON.parse(body);
    return { name, fields: { ...Object.fromEntries(searchParams), ...inPath, ...sent } };
  }
  throw new Error(`there is no call ${request.method} ${pathname}`);
}

/** The fields in the path of a call; undefined if the path is that of another call. */
function pathFields(capability: Capability, pathname: string): Record<string, string> | undefined {
  const patterns = pathsOf(capability).map(
    (path) => new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  );
  const match = patterns.map((pattern) => pattern.exec(pathname)).find((found) => found !== null);
  return match && { ...match.groups };
}
