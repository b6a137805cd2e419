import type { Socket } from 'node:net';
import type { Attack } from '../attack.js';

const AT_ONCE = 842;

const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');
const PATHS = [
  `peek/looked-at?cursor=${cursorOf('dead 1 1 ')}`,
  `dlq/list/looked-at?cursor=${cursorOf('available 1 1 ')}`,
  `peek/looked-at?cursor=${cursorOf('available 9999999999999999 1 ')}`,
  `peek/none?limit=5`,
  `message/looked-at/none`,
];

export const refusedReads: Attack = {
  name: 'refused-reads',
  about: '842 refused reads at once: cursors of other calls, queues that do not exist.',
  async prepare(attacker) {
    await attacker.mustCall('/v1/queue/create', { name: 'looked-at' });
  },
  async run(attacker) {
    const headers = { Connection: 'keep-alive' };
    const requests = PATHS.map((path) =>
      attacker.requestOf('GET', `/v1/queue/${path}`, { headers }),
    );
    const sockets: Socket[] = [];
    await attacker.openMany(AT_ONCE, (socket) => sockets.push(socket.resume()));
    while (attacker.running) {
      const asked = sockets.map((socket, n) => {
        socket.write(requests[n % 2 === 0 ? 0 : n % PATHS.length] as Buffer);
        return attacker.statusOf(socket);
      });
      for (const status of await Promise.all(asked)) {
        if (status === 200) attacker.fail('a read with the cursor of another call got 200');
      }
    }
  },
};
