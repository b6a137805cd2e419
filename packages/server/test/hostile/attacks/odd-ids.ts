import type { Attack } from '../attack.js';
import { ODD_REQUESTS, type OddRequest } from './odd-id-requests.js';

/** A factor without common divisors with the number of requests, so that kinds are mixed. */
const STRIDE = 101;

export const oddIds: Attack = {
  name: 'odd-ids',
  about: 'Ids with %00 and %ff, of 10 KiB and of invalid forms, on every route, 250 a second.',
  minSeconds: 3,
  async prepare(attacker) {
    await attacker.mustCall('/v1/queue/create', { name: 'odd' });
  },
  async run(attacker) {
    await attacker.loop(
      16,
      async (n) => {
        const request = ODD_REQUESTS[(n * STRIDE) % ODD_REQUESTS.length] as OddRequest;
        const { method, path, body = '' } = request;
        const key = path.startsWith('/v1/account') ? attacker.adminKey : attacker.key;
        const status = await attacker.ask(attacker.requestOf(method, path, { key, body }));
        if (status !== undefined && status >= 500) {
          attacker.fail(`${method} ${path.slice(0, 80)}: ${status}`);
        }
      },
      250,
    );
  },
};
