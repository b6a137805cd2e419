import type { Attack } from '../../attack.js';
import { WRONG_BODIES, WRONG_BODY_BYTES } from './wrong-body-shapes.js';

export const wrongBodies: Attack = {
  name: 'wrong-bodies',
  about: '17 MiB of invalid entries, nesting, names, numbers, bytes, headers and scopes.',
  minSeconds: 20,
  async prepare(attacker) {
    await attacker.mustCall('/v1/queue/create', { name: 'wrong' });
  },
  async run(attacker) {
    for (const body of WRONG_BODIES) {
      if (!attacker.running) break;
      const key = body.path.startsWith('/v1/account') ? attacker.adminKey : attacker.key;
      const startedAtMs = performance.now();
      const request = attacker.requestOf('POST', body.path, {
        key,
        body: body.make(WRONG_BODY_BYTES),
      });
      const status = await attacker.ask(request);
      const tookMs = Math.round(performance.now() - startedAtMs);
      attacker.note(`${body.name}: ${status} after ${tookMs} ms`);
      if (status === 200 && body.isHarmless !== true) attacker.fail(`${body.name}: 200`);
    }
  },
};
