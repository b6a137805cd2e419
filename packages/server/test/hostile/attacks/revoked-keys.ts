import { pause } from '../../faults/load/pause.js';
import type { Attack } from '../attack.js';
import type { Attacker } from '../attacker.js';

/** How long a revoked key may still work on other nodes; the wait is the same on one node. */
const REVOKED_WITHIN_MS = 5_000;

export const revokedKeys: Attack = {
  name: 'revoked-keys',
  about:
    'A revoked key that sends its last byte late to create an admin key, and one in a long poll.',
  minSeconds: REVOKED_WITHIN_MS / 1_000 + 2,
  async prepare(attacker) {
    await attacker.mustCall('/v1/queue/create', { name: 'polled' });
  },
  run: async (attacker) => {
    await Promise.all([lastByteHeldBack(attacker), inLongPoll(attacker)]);
  },
};

const newKey = (attacker: Attacker, scope: string) =>
  attacker.mustCall(
    '/v1/account/keys/create',
    { project: 'attacker', scopes: [scope] },
    attacker.adminKey,
  );

const revoke = (attacker: Attacker, keyId: string) =>
  attacker.mustCall(`/v1/account/keys/revoke/${keyId}`, {}, attacker.adminKey);

async function lastByteHeldBack(attacker: Attacker): Promise<void> {
  const { key, key_id } = await newKey(attacker, 'admin');
  const body = '{"name":"heir","scopes":["admin"]}';
  const request = attacker.requestOf('POST', '/v1/account/keys/create', { key, body });
  const socket = attacker.open();
  socket.write(request.subarray(0, -1));
  await pause(200);
  await revoke(attacker, key_id);
  await pause(REVOKED_WITHIN_MS);
  const answered = attacker.statusOf(socket, 2_000);
  socket.write(request.subarray(-1));
  const status = await answered;
  if (status !== 401) attacker.fail(`a revoked key whose last byte came late got ${status}`);
}

async function inLongPoll(attacker: Attacker): Promise<void> {
  const { key, key_id } = await newKey(attacker, 'consume');
  const body = '{"queue":"polled","wait_seconds":20}';
  const socket = attacker.open();
  const answered = attacker.statusOf(socket, REVOKED_WITHIN_MS + 2_000);
  socket.write(attacker.requestOf('POST', '/v1/queue/consume', { key, body }));
  await pause(200);
  await revoke(attacker, key_id);
  await pause(REVOKED_WITHIN_MS);
  await attacker.mustCall('/v1/queue/publish', { queue: 'polled', payload: 'secret' });
  const status = await answered;
  if (status !== 401) attacker.fail(`the long poll of a revoked key got ${status ?? 'no answer'}`);
}
