import type { Socket } from 'node:net';
import { pause } from '../../../faults/load/pause.js';
import type { Attack } from '../../attack.js';
import type { Attacker } from '../../attacker.js';

/** The first bytes of each socket, which then sends nothing more. */
const OPENINGS = [
  '',
  'GET /docs HTTP/1.1\r\nHost: x\r\nX-Half',
  'GARBAGE\r\n\r\n',
  'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
];
const isAnswered = (n: number): boolean => n % OPENINGS.length >= 2;
/** How long after its answer a connection may stay open. */
const CLOSED_WITHIN_MS = 5_000;

export const halfOpenSockets: Attack = {
  name: 'half-open-sockets',
  about: 'Thousands of sockets that send nothing, send half a head, or stay open after an error.',
  processes: 4,
  minSeconds: CLOSED_WITHIN_MS / 1_000 + 2,
  async run(attacker) {
    const answered = new Set<Socket>();
    await attacker.openMany(attacker.share(18_000, 4_000), (socket, n) => {
      socket.write(OPENINGS[n % OPENINGS.length] as string);
      if (!isAnswered(n)) return;
      answered.add(socket);
      socket.resume();
      socket.once('close', () => answered.delete(socket));
    });
    await pause(CLOSED_WITHIN_MS);
    await probe(attacker, answered);
    await attacker.hold();
  },
};

/**
 * A server that only closed its sending side still accepts bytes; a closed connection resets at the next
 * write.
 */
async function probe(attacker: Attacker, answered: ReadonlySet<Socket>): Promise<void> {
  for (let writes = 0; writes < 2; writes += 1) {
    for (const socket of answered) socket.write('x');
    await pause(500);
  }
  if (answered.size > 0) {
    attacker.fail(`sockets that were answered with an error are still open: ${answered.size}`);
  }
}
