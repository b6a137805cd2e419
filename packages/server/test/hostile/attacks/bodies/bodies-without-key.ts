import { pause } from '../../../faults/load/pause.js';
import type { Attack } from '../../attack.js';

const ANNOUNCED_BYTES = 17 * 1_048_576;
const CHUNK = Buffer.alloc(65_536, 'x');

export const bodiesWithoutKey: Attack = {
  name: 'bodies-without-key',
  about:
    'Bodies of 17 MiB announced without a key, and never sent, sent slowly, or sent without end.',
  async run(attacker) {
    const head = attacker.requestOf('POST', '/v1/queue/publish_batch', {
      key: null,
      headers: { 'Content-Length': ANNOUNCED_BYTES },
    });
    const endless = attacker.requestOf('POST', '/v1/queue/publish_batch', {
      key: null,
      headers: { 'Content-Length': Number.MAX_SAFE_INTEGER },
    });
    await attacker.openMany(attacker.share(500, 100), (socket, n) => {
      socket.write(n % 3 === 2 ? endless : head);
      if (n % 3 === 1) void drip(socket);
    });
    await attacker.loop(4, async () => {
      const socket = attacker.open();
      socket.write(endless);
      // At most 128 MiB, and no faster than a fast line.
      for (let sent = 0; sent < 2_048 && attacker.running && socket.writable; sent += 1) {
        if (!socket.write(CHUNK)) await pause(2);
      }
      socket.destroy();
    });

    async function drip(socket: ReturnType<typeof attacker.open>): Promise<void> {
      while (attacker.running && socket.writable) {
        socket.write('x');
        await pause(500);
      }
    }
  },
};
