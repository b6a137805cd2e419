import { randomBytes } from 'node:crypto';
import { pause } from '../../faults/load/pause.js';
import type { Attack } from '../attack.js';
import type { Attacker } from '../attacker.js';

const FRESH_KEYS = 20;
let freshKeys: string[] = [];

export const unknownKeys: Attack = {
  name: 'unknown-keys',
  about: 'Floods of unknown keys on one connection and on many, beside valid keys on first use.',
  async prepare(attacker) {
    const made = Array.from({ length: FRESH_KEYS }, () =>
      attacker.mustCall('/v1/account/keys/create', { project: 'attacker' }, attacker.adminKey),
    );
    freshKeys = (await Promise.all(made)).map(({ key }) => key);
  },
  async run(attacker) {
    await Promise.all([manyConnections(attacker), oneConnection(attacker), useFreshKeys(attacker)]);
  },
};

const withUnknownKey = (attacker: Attacker, connection: string): Buffer => {
  const key = `ifr_${randomBytes(24).toString('base64url')}`;
  return attacker.requestOf('GET', '/v1/queue/list', { key, headers: { Connection: connection } });
};

const manyConnections = (attacker: Attacker): Promise<void> =>
  attacker.loop(4, () => attacker.ask(withUnknownKey(attacker, 'close')), 500);

async function oneConnection(attacker: Attacker): Promise<void> {
  let socket = attacker.open().resume();
  await attacker.loop(
    1,
    async () => {
      if (socket.destroyed || socket.readableEnded) socket = attacker.open().resume();
      socket.write(withUnknownKey(attacker, 'keep-alive'));
    },
    1_000,
  );
}

async function useFreshKeys(attacker: Attacker): Promise<void> {
  for (const key of freshKeys) {
    await pause((attacker.seconds * 1_000) / FRESH_KEYS);
    const status = await attacker.ask(attacker.requestOf('GET', '/v1/queue/list', { key }));
    if (status !== 200) attacker.fail(`a valid key, used for the first time, got ${status}`);
  }
}
