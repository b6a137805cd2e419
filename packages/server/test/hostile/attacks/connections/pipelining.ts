import type { Attack } from '../../attack.js';

const REQUESTS_EACH = 5_000;

export const pipelining: Attack = {
  name: 'pipelining',
  about: 'Thousands of requests on one socket before the first answer is read, if at all.',
  async run(attacker) {
    const headers = { Connection: 'keep-alive' };
    const list = attacker.requestOf('GET', '/v1/queue/list', { headers });
    const unknown = attacker.requestOf('GET', '/v1/queue/list', { key: null, headers });
    const ack = attacker.requestOf('POST', '/v1/queue/ack', {
      headers,
      body: '{"queue":"none","message_id":"x"}',
    });
    const kinds = [list, unknown, ack];
    await attacker.openMany(attacker.share(40, 12), (socket, n) => {
      if (n % 2 === 0) socket.resume();
      const one = kinds[n % kinds.length] as Buffer;
      socket.write(Buffer.concat(Array.from({ length: REQUESTS_EACH }, () => one)));
    });
    await attacker.hold();
  },
};
