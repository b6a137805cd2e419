import { beforeAll, describe, expect, test } from 'vitest';
import type { QueueClient } from '../harness/queue-client.js';
import { openSocket, requestHead } from '../harness/raw-http.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { moment, useServer } from '../http-conformance/use-server.js';
import { announcedBody } from './attacks/bodies/announced-sizes.js';
import { ODD_REQUESTS, type OddRequest } from './attacks/odd-id-requests.js';

const ASKED_AT_ONCE = 20;

describe.each(STORE_FACTORIES)('a project under attack by another on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;
  let victim: QueueClient;
  let attackerKey: string;

  const keyOf = async (project: string): Promise<string> =>
    (await running.call('POST', '/v1/account/keys/create', { project })).body.data.key;

  beforeAll(async () => {
    victim = client.with({ key: await keyOf('victim') });
    attackerKey = await keyOf('attacker');
  });

  test("can read while the attacker's reads are refused", async () => {
    const attacker = client.with({ key: attackerKey });
    const looked = await attacker.newQueue();
    const queue = await victim.newQueue();
    const cursor = Buffer.from('dead 1 1 ').toString('base64url');
    const calls = Array.from({ length: 300 }, (_, n) =>
      n % 3 === 0 ? victim.get(`stats/${queue}`) : attacker.get(`peek/${looked}?cursor=${cursor}`),
    );
    const answers = await Promise.all(calls);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toEqual(statuses.map((_, n) => (n % 3 === 0 ? 200 : 400)));
  });

  test('gets no server error for an id of any form', async () => {
    await client.post('create', { name: 'odd' });
    const faults: string[] = [];
    const ask = async ({ method, path, body = '' }: OddRequest): Promise<void> => {
      const { status } = await running.call(method, path, body === '' ? undefined : body);
      if (status >= 500) faults.push(`${status} ${method} ${path.slice(0, 60)} ${body}`);
    };
    for (let n = 0; n < ODD_REQUESTS.length; n += ASKED_AT_ONCE) {
      await Promise.all(ODD_REQUESTS.slice(n, n + ASKED_AT_ONCE).map(ask));
    }
    expect(faults).toEqual([]);
  });

  test('can work while the attacker announces bodies that never arrive', async () => {
    const queue = await victim.newQueue();
    const keyId = (await running.call('POST', '/v1/account/keys/create', {})).body.data.key_id;
    const sockets = Array.from({ length: 25 }, (_, n) => {
      const { path, bytes } = announcedBody(n);
      const socket = openSocket(running.url);
      const headers = { Authorization: `Bearer ${attackerKey}`, 'Content-Length': bytes };
      socket.on('error', () => undefined);
      socket.write(`${requestHead('POST', path, headers)}{"queue":"x",`);
      return socket;
    });
    await moment(300);
    try {
      await victim.publish(queue, 'on');
      const { message_id, receipt } = await victim.take(queue);
      const acked = await victim.post('ack', { queue, message_id, receipt });
      expect(acked.status, acked.text).toBe(200);
      const revoked = await running.call('POST', `/v1/account/keys/revoke/${keyId}`, {});
      expect(revoked.status, revoked.text).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});
