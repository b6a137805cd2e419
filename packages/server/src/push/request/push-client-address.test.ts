import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import net, { type AddressInfo, type NetConnectOpts, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lookup } from '../egress/lookups.js';
import { parseNetworks, withoutNetworks } from '../egress/networks.js';
import type { PushOutcome } from './exchange.js';
import { PushClient } from './push-client.js';

const PUBLIC = ['93.184.215.14', '2606:4700:4700::1111'];

/**
 * The addresses that the client tries to connect to. No test leaves this machine: connections to public
 * addresses are refused.
 */
const wanted = vi.hoisted(() => ({
  hosts: [] as string[],
  redirectTo: undefined as number | undefined,
}));
vi.mock('node:net', async (importOriginal) => {
  const real = await importOriginal<typeof net>();
  const connect = (options: NetConnectOpts & { host: string; port: number }): Socket => {
    wanted.hosts.push(options.host);
    const isLocal = options.host.startsWith('127.') || options.host === '::1';
    if (isLocal) return real.connect(options);
    if (wanted.redirectTo !== undefined) return real.connect(wanted.redirectTo, '127.0.0.1');
    const socket = new real.Socket();
    setImmediate(() => socket.destroy(Object.assign(new Error(), { code: 'ECONNREFUSED' })));
    return socket;
  };
  return { ...real, connect, default: { ...real, connect } };
});

const clock = { nowMs: () => 0, wallMs: () => 0, monotonicMs: () => 0, setTimer: () => () => {} };

let canary: net.Server;
let canaryPort: number;
let visits: string[];
const clients: PushClient[] = [];

beforeEach(async () => {
  visits = [];
  wanted.hosts = [];
  wanted.redirectTo = undefined;
  canary = net.createServer((socket) => {
    visits.push('connected');
    socket.on('error', () => {});
    socket.on('data', (data) => {
      visits.push(data.toString());
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  });
  canary.listen(0, '127.0.0.1');
  await once(canary, 'listening');
  canaryPort = (canary.address() as AddressInfo).port;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  canary.close();
});

function newClient(
  lookup: Lookup,
  allow: readonly string[] = [],
  deny: readonly string[] = [],
): PushClient {
  const networks = withoutNetworks(parseNetworks(allow), parseNetworks(deny));
  const client = new PushClient({ networks, clock, lookup });
  clients.push(client);
  return client;
}

const post = (client: PushClient, url: string, timeoutMs = 60_000): Promise<PushOutcome> =>
  client.post({ url, headers: {}, body: Buffer.from('{}'), timeoutMs });

const errorOf = (outcome: PushOutcome): string =>
  'error' in outcome ? outcome.error : String(outcome.status);

const answering =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address }));

/**
 * A name server that answers the first query for a name with a public address, and the next with a
 * loopback address.
 */
async function rebindingNameServer() {
  const asked = new Map<string, number>();
  const server = createSocket('udp4', (query, from) => {
    const end = query.indexOf(0, 12);
    const name = query.toString('latin1', 12, end);
    const count = asked.get(name) ?? 0;
    asked.set(name, count + 1);
    const question = query.subarray(12, end + 5);
    const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    query.copy(header, 0, 0, 2);
    const address = count % 2 === 0 ? [93, 184, 215, 14] : [127, 0, 0, 1];
    // A pointer to the question, A, IN, kept for 0 s, four bytes.
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address]);
    server.send(Buffer.concat([header, question, record]), from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const resolver = new Resolver({ timeout: 30_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  const lookup: Lookup = async (name) =>
    (await resolver.resolve4(name)).map((address) => ({ address }));
  return { asked, lookup, close: () => server.close() };
}

describe('the push client', () => {
  it('never reaches a private address when the name server changes its answers, 1,000 times', async () => {
    const { asked, lookup, close } = await rebindingNameServer();
    const client = newClient(lookup);
    for (let round = 0; round < 500; round += 1) {
      const url = `https://name-${round}.rebind.example:${canaryPort}/`;
      expect(errorOf(await post(client, url))).toBe('connection refused');
      expect(errorOf(await post(client, url))).toBe('address not allowed');
    }
    close();
    expect(visits).toEqual([]);
    expect(new Set(wanted.hosts)).toEqual(new Set([PUBLIC[0]]));
    // One query for each attempt: there is no second answer that could be used.
    expect([asked.size, new Set(asked.values())]).toEqual([500, new Set([2])]);
  });

  it.each(['127.0.0.1', '::ffff:127.0.0.1'])(
    'opens no connection to %s behind a name when --push-deny names it within --push-allow',
    async (address) => {
      const client = newClient(answering(address), ['127.0.0.0/8'], ['127.0.0.1']);
      const outcome = await post(client, `http://receiver.example:${canaryPort}/`);
      expect(errorOf(outcome)).toBe('address not allowed');
      expect([visits, wanted.hosts]).toEqual([[], []]);
    },
  );

  it('never reaches a private address when lookups change their answers, 1,000 at once', async () => {
    let asked = 0;
    const lookup: Lookup = async () => {
      asked += 1;
      return [{ address: asked % 2 === 1 ? '2606:4700:4700::1111' : '::ffff:127.0.0.1' }];
    };
    const client = newClient(lookup);
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        post(client, `https://name-${index}.rebind.example:${canaryPort}/`),
      ),
    );
    const count = (error: string) =>
      outcomes.filter((outcome) => errorOf(outcome) === error).length;
    expect([count('connection refused'), count('address not allowed')]).toEqual([500, 500]);
    expect([visits, new Set(wanted.hosts)]).toEqual([[], new Set(['2606:4700:4700::1111'])]);
  });

  it('reaches the canary when that is allowed, so that the tests above can fail', async () => {
    const client = newClient(answering('127.0.0.1'), ['127.0.0.1']);
    expect(errorOf(await post(client, `http://canary.example:${canaryPort}/`))).toBe('200');
    expect(visits.length).toBe(2);
  });

  it.each([
    ['127.0.0.1'],
    ['127.0.0.2'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['::ffff:7f00:1'],
    ['::127.0.0.1'],
    ['0.0.0.0'],
    ['::'],
    ['10.0.0.1'],
    ['169.254.169.254'],
    ['fe80::1%lo'],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::'],
    ['localhost'],
    ['127.1'],
    [''],
  ])('opens no connection when a name leads to %j', async (address) => {
    const outcome = await post(newClient(answering(address)), `https://a.example:${canaryPort}/`);
    expect([errorOf(outcome), visits, wanted.hosts]).toEqual(['address not allowed', [], []]);
  });

  it('skips the forbidden addresses of a name, and tries the others in order', async () => {
    const client = newClient(answering('127.0.0.1', ...PUBLIC, '10.0.0.1', '::1'));
    const outcome = await post(client, `https://a.example:${canaryPort}/`);
    expect([errorOf(outcome), visits, wanted.hosts]).toEqual(['connection refused', [], PUBLIC]);
  });

  it('tries the next address when one does not answer, and at most four', async () => {
    const client = newClient(answering(...PUBLIC, '127.0.0.1'), ['127.0.0.1/32']);
    // Plain http connects only to named addresses, and https to all.
    expect(errorOf(await post(client, `http://a.example:${canaryPort}/`))).toBe('200');
    expect(wanted.hosts).toEqual(['127.0.0.1']);
    await post(client, `https://a.example:${canaryPort}/`);
    expect(wanted.hosts.slice(1)).toEqual([...PUBLIC, '127.0.0.1']);
    wanted.hosts = [];
    const many = Array.from({ length: 300 }, (_, index) => `8.8.${index % 256}.8`);
    await post(newClient(answering(...many)), 'https://many.example/');
    expect(wanted.hosts).toEqual(many.slice(0, 4));
  });

  it('sends no byte when the socket is connected to another address than the one checked', async () => {
    wanted.redirectTo = canaryPort;
    for (const address of PUBLIC) {
      const outcome = await post(newClient(answering(address)), `https://a.example:${canaryPort}/`);
      expect(errorOf(outcome)).toBe('address not allowed');
    }
    expect(visits).toEqual(['connected', 'connected']);
  });

  it.each([
    ['8.8.8.8', []],
    ['8.8.8.8', ['127.0.0.1']],
    ['127.0.0.1', ['127.0.0.2']],
  ])('refuses plain http to %s with --push-allow %j', async (address, allow) => {
    const outcome = await post(newClient(answering(address), allow), 'http://a.example/');
    expect(errorOf(outcome)).toBe(allow.length === 0 ? 'url not allowed' : 'address not allowed');
    expect(wanted.hosts).toEqual([]);
  });

  it('checks literal addresses without a lookup', async () => {
    const lookup = vi.fn(answering('127.0.0.1'));
    const client = newClient(lookup, ['127.0.0.1']);
    const posts = [`http://127.0.0.1:${canaryPort}/`, `http://[::ffff:7f00:1]:${canaryPort}/`];
    for (const url of posts) expect(errorOf(await post(client, url))).toBe('200');
    expect(errorOf(await post(client, `http://127.0.0.2:${canaryPort}/`))).toBe('url not allowed');
    expect(errorOf(await post(client, `http://[::1]:${canaryPort}/`))).toBe('url not allowed');
    expect(lookup).not.toHaveBeenCalled();
  });

  it.each([
    ['ENOTFOUND', 'name not found'],
    ['ENODATA', 'name not found'],
    ['EAI_AGAIN', 'name lookup failed'],
    ['ESERVFAIL', 'name lookup failed'],
  ])('reports a lookup that fails with %s as: %s', async (code, error) => {
    const client = newClient(() => Promise.reject(Object.assign(new Error('secret'), { code })));
    expect(errorOf(await post(client, 'https://a.example/'))).toBe(error);
    expect(errorOf(await post(newClient(answering()), 'https://a.example/'))).toBe(
      'name not found',
    );
  });

  it('times out when the name server does not answer', async () => {
    const client = newClient(() => new Promise(() => {}));
    const outcomes = await Promise.all([1, 2, 3].map(() => post(client, 'https://a.example/', 60)));
    expect(outcomes.map(errorOf)).toEqual(['timeout', 'timeout', 'timeout']);
    expect(Math.max(...outcomes.map(({ durationMs }) => durationMs))).toBeLessThan(4_000);
  });

  it("uses the system's resolver by default", async () => {
    const client = new PushClient({ networks: parseNetworks(['127.0.0.0/8', '::1']), clock });
    clients.push(client);
    const outcome = await post(client, 'https://no-such-name.invalid/');
    expect(['name not found', 'name lookup failed']).toContain(errorOf(outcome));
  });
});
