import type { Attack } from '../attack.js';

const QUEUES = 10;
const SUBSCRIPTIONS_EACH = 100;
const MADE_AT_ONCE = 20;

const urlOf = (n: number): string => `http://127.0.0.1:9/hook-${n}`;

export const manySubscriptions: Attack = {
  name: 'many-subscriptions',
  about: '1,000 idle subscriptions, changed one by one, and deletions of queues that do not exist.',
  flags: ['--push-allow', '127.0.0.1/32'],
  async prepare(attacker) {
    for (let queue = 0; queue < QUEUES; queue += 1) {
      await attacker.mustCall('/v1/queue/create', { name: `pushed-${queue}` });
      for (let n = 0; n < SUBSCRIPTIONS_EACH; n += MADE_AT_ONCE) {
        const made = Array.from({ length: MADE_AT_ONCE }, (_, k) =>
          attacker.mustCall(`/v1/queue/push_subscribe/pushed-${queue}`, { url: urlOf(n + k) }),
        );
        await Promise.all(made);
      }
    }
  },
  async run(attacker) {
    await attacker.loop(
      4,
      (n) =>
        n % 2 === 0
          ? attacker.call('DELETE', `/v1/queue/delete/none-${n}`)
          : attacker.call('POST', `/v1/queue/push_subscribe/pushed-${n % QUEUES}`, {
              url: urlOf(n % SUBSCRIPTIONS_EACH),
              max_in_flight: (n % 7) + 1,
            }),
      50,
    );
  },
};
