import type { Attack } from '../../attack.js';

const PATHS = [
  '/docs',
  '/docs/scalar.js',
  '/openapi.json',
  '/v1/discovery',
  '/v1/discovery/queue.publish',
];
const REQUESTS_EACH = 50;

export const docsUnread: Attack = {
  name: 'docs-unread',
  about: 'Public pages, requested repeatedly by clients that read nothing.',
  async run(attacker) {
    await attacker.openMany(attacker.share(1_000, 300), (socket, n) => {
      const path = PATHS[n % PATHS.length] as string;
      const one = attacker.requestOf('GET', path, {
        key: null,
        headers: { Connection: 'keep-alive' },
      });
      socket.write(Buffer.concat(Array.from({ length: REQUESTS_EACH }, () => one)));
    });
    await attacker.hold();
  },
};
