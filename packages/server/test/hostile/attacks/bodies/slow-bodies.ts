import { pause } from '../../../faults/load/pause.js';
import type { Attack } from '../../attack.js';
import { announcedBody } from './announced-sizes.js';

export const slowBodies: Attack = {
  name: 'slow-bodies',
  about: 'Bodies of large and small calls that arrive at one byte a second.',
  async run(attacker) {
    const sockets: ReturnType<typeof attacker.open>[] = [];
    await attacker.openMany(attacker.share(1_000, 200), (socket, n) => {
      const { path, bytes } = announcedBody(n);
      socket.resume();
      socket.write(attacker.requestOf('POST', path, { headers: { 'Content-Length': bytes } }));
      sockets.push(socket);
    });
    while (attacker.running) {
      for (const socket of sockets) if (socket.writable) socket.write('{');
      await pause(1_000);
    }
  },
};
