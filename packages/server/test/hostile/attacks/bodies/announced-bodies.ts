import type { Attack } from '../../attack.js';
import { announcedBody } from './announced-sizes.js';

const START = '{"queue":"none","messages":[{"payload":"'.padEnd(200, 'x');
const RETRY_MS = 200;

const announcing = (name: string, count: number): Attack => ({
  name,
  about: `${count} sockets that announce bodies of up to 17 MiB and send 3 KB in total.`,
  async run(attacker) {
    const announce = (n: number): void => {
      const { path, bytes } = announcedBody(n);
      const head = attacker.requestOf('POST', path, { headers: { 'Content-Length': bytes } });
      const socket = attacker.open();
      socket.write(Buffer.concat([head, Buffer.from(START.slice(0, bytes - 1))]));
      // An answer is a refusal; there may be room a moment later.
      socket.on('data', () => socket.destroy());
      socket.once('close', () => {
        if (attacker.running) setTimeout(announce, RETRY_MS, n);
      });
    };
    for (let n = 0; n < count; n += 1) announce(n);
    await attacker.hold();
  },
});

export const announcedBodies = announcing('announced-bodies-16', 16);
export const manyAnnouncedBodies = announcing('announced-bodies-500', 500);
