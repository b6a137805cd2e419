import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pause } from '../../faults/load/pause.js';
import type { Attack } from '../attack.js';

const PUSHES = 300;
const BATCH_MESSAGES = 15;
const PAYLOAD = 'x'.repeat(1_048_576 - 2);

export const slowPushes: Attack = {
  name: 'slow-pushes',
  about: '300 pushes of 1 MiB at once to a receiver that reads them and does not answer.',
  flags: ['--push-allow', '127.0.0.1/32'],
  minSeconds: 4,
  async prepare(attacker) {
    await attacker.mustCall('/v1/queue/create', { name: 'pushed' });
    for (let n = 0; n < PUSHES; n += BATCH_MESSAGES) {
      const messages = Array.from({ length: BATCH_MESSAGES }, () => ({ payload: PAYLOAD }));
      await attacker.mustCall('/v1/queue/publish_batch', { queue: 'pushed', messages });
    }
  },
  async run(attacker) {
    const receiver = createServer((request) => {
      // Half of them are not even read.
      if (Math.random() < 0.5) request.resume();
      request.on('error', () => undefined);
    });
    receiver.listen(0, '127.0.0.1');
    await new Promise((resolve) => receiver.once('listening', resolve));
    const { port } = receiver.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/`;
    await attacker.mustCall('/v1/queue/push_subscribe/pushed', { url, max_in_flight: PUSHES });
    await attacker.hold();
    await attacker.call('DELETE', '/v1/queue/delete/pushed');
    receiver.closeAllConnections();
    receiver.close();
    await pause(100);
  },
};
