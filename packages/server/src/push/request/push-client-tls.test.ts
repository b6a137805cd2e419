import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate, DAY_MS } from '../../../test/harness/certificates.js';
import { readAuthorities } from '../egress/certificate-authorities.js';
import { parseNetworks } from '../egress/networks.js';
import type { PushOutcome } from './exchange.js';
import { PushClient } from './push-client.js';

const authority = certificate({ name: 'millrace test authority' });
const stranger = certificate({ name: 'another authority' });
const clock = { nowMs: () => 0, wallMs: () => 0, monotonicMs: () => 0, setTimer: () => () => {} };
const networks = parseNetworks(['127.0.0.1']);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A TLS receiver that records the server names it was asked for, and the requests. */
async function receiver(identity: { cert: string; key: string }, options: tls.TlsOptions = {}) {
  const names: unknown[] = [];
  const protocols: unknown[] = [];
  const bodies: string[] = [];
  const server = tls.createServer({ ...identity, ...options }, (socket) => {
    names.push(socket.servername);
    protocols.push(socket.alpnProtocol);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      bodies.push(data.toString());
      socket.write('HTTP/1.1 204 No\r\n\r\n');
    });
    closers.push(() => socket.destroy());
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, names, protocols, bodies };
}

function newClient(ca: readonly string[]): PushClient {
  const lookup = async () => [{ address: '127.0.0.1' }];
  const client = new PushClient({ networks, clock, lookup, ca });
  closers.push(() => client.close());
  return client;
}

const post = async (client: PushClient, url: string): Promise<string> => {
  const body = Buffer.from('{}');
  const outcome: PushOutcome = await client.post({ url, headers: {}, body, timeoutMs: 5_000 });
  return 'error' in outcome ? outcome.error : String(outcome.status);
};

const HOST = 'receiver.example';
const good = certificate({ name: HOST, hosts: [HOST] }, authority.issuer);

describe('deliveries over TLS', () => {
  it('go to the checked address under the name of the host', async () => {
    const { port, names, protocols, bodies } = await receiver(good, {
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    const client = newClient([authority.cert]);
    expect(await post(client, `https://${HOST}:${port}/`)).toBe('204');
    expect(await post(client, `https://${HOST}.:${port}/`)).toBe('204');
    expect(names).toEqual([HOST, HOST]);
    expect(protocols).toEqual(['http/1.1', 'http/1.1']);
    expect(bodies[0]).toContain(`host: ${HOST}:${port}\r\n`);
  });

  it('send no server name for an address, but compare it with the certificate', async () => {
    const client = newClient([authority.cert]);
    const addresses = [[127, 0, 0, 1]];
    const named = certificate({ name: 'a', addresses }, authority.issuer);
    const { port, names } = await receiver(named);
    expect(await post(client, `https://127.0.0.1:${port}/`)).toBe('204');
    expect(names).toEqual([false]);
    const other = await receiver(good);
    expect(await post(client, `https://127.0.0.1:${other.port}/`)).toBe(
      'certificate of another name',
    );
    expect(other.bodies).toEqual([]);
  });

  it.each([
    [
      'of another authority',
      certificate({ name: HOST, hosts: [HOST] }, stranger.issuer),
      'certificate not trusted',
    ],
    ['signed by itself', certificate({ name: HOST, hosts: [HOST] }), 'certificate not trusted'],
    [
      'of another name',
      certificate({ name: 'b.example', hosts: ['b.example', `a.${HOST}`] }, authority.issuer),
      'certificate of another name',
    ],
    [
      'that has expired',
      certificate(
        { name: HOST, hosts: [HOST], validMs: [Date.now() - 2 * DAY_MS, Date.now() - DAY_MS] },
        authority.issuer,
      ),
      'certificate out of date',
    ],
    [
      'that is not yet valid',
      certificate(
        { name: HOST, hosts: [HOST], validMs: [Date.now() + DAY_MS, Date.now() + 2 * DAY_MS] },
        authority.issuer,
      ),
      'certificate out of date',
    ],
  ])('send nothing to a receiver with a certificate %s', async (_, identity, error) => {
    const { port, bodies } = await receiver(identity);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    closers.push(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    expect(await post(newClient([authority.cert]), `https://${HOST}:${port}/`)).toBe(error);
    expect(bodies).toEqual([]);
  });

  it('trust an authority only if it was added', async () => {
    const { port } = await receiver(good);
    const url = `https://${HOST}:${port}/`;
    expect(await post(newClient([]), url)).toBe('certificate not trusted');
    expect(await post(newClient([stranger.cert]), url)).toBe('certificate not trusted');
    expect(await post(newClient([`${stranger.cert}\n${authority.cert}`]), url)).toBe('204');
  });

  it('need TLS 1.2', async () => {
    const options = {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
    } as const;
    const { port, bodies } = await receiver(good, options);
    const error = await post(newClient([authority.cert]), `https://${HOST}:${port}/`);
    expect([error, bodies]).toEqual(['tls handshake failed', []]);
  });

  it('fail when the receiver does not speak TLS', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect(await post(newClient([]), `https://${HOST}:${port}/`)).toBe('tls handshake failed');
  });
});

describe('readAuthorities', () => {
  const read = (path: string): string => readFileSync(path, 'utf8');

  it('reads all certificates of all files, and refuses a file without one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-push-ca-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const both = file('both.pem', `# two\n${authority.cert}\n${stranger.cert}`);
    expect(readAuthorities([both, file('one.pem', stranger.cert)], read)).toEqual(
      [authority.cert, stranger.cert, stranger.cert].map((pem) => pem.trim()),
    );
    const broken = authority.cert.replace(/[A-Z]{2}/, '!!');
    for (const [name, text] of [
      ['empty.pem', ''],
      ['key.pem', authority.key],
      ['broken.pem', broken],
    ] as const) {
      expect(() => readAuthorities([both, file(name, text)], read)).toThrow(
        `${name} must contain the certificate of an authority`,
      );
    }
    expect(() => readAuthorities(['/nowhere.pem'], read)).toThrow(
      '/nowhere.pem must contain the certificate of an authority',
    );
    expect(() => newClient(['no certificate'])).toThrow('no certificate in PEM form');
  });
});
