import type { Attack } from '../../attack.js';
import type { Attacker } from '../../attacker.js';

/** One request of each kind that the server reads or answers differently. */
function requests(attacker: Attacker): Buffer[] {
  const post = (call: string, fields: object, key?: null) =>
    attacker.requestOf('POST', `/v1/queue/${call}`, {
      body: JSON.stringify({ queue: 'reset', ...fields }),
      ...(key === null ? { key } : {}),
    });
  return [
    post('publish', { payload: 'x'.repeat(2_000) }),
    post('publish_batch', { messages: Array.from({ length: 500 }, () => ({ payload: 'y' })) }),
    post('consume', { max_messages: 1 }),
    post('consume', { max_messages: 1, wait_seconds: 20 }),
    post('ack', { message_id: 'none' }),
    post('publish', { payload: 1 }, null),
    attacker.requestOf('GET', '/v1/queue/list?include=stats'),
    attacker.requestOf('GET', '/v1/queue/peek/reset?limit=1000'),
    attacker.requestOf('GET', '/docs', { key: null }),
    attacker.requestOf('GET', '/openapi.json', { key: null }),
    attacker.requestOf('GET', '/nowhere', { key: null }),
    Buffer.from('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.from('no request at all\r\n\r\n'),
  ];
}

/** How much of the request is sent, and what is awaited, before the connection is broken. */
const POINTS = [
  'in the head',
  'after the head',
  'in the body',
  'before',
  'during',
  'late',
] as const;

export const resets: Attack = {
  name: 'resets',
  about: 'Resets and hang-ups at every point of every kind of request, including long polls.',
  async prepare(attacker) {
    await attacker.mustCall('/v1/queue/create', { name: 'reset' });
  },
  async run(attacker) {
    const all = requests(attacker);
    await attacker.loop(16, async (n) => {
      const request = all[n % all.length] as Buffer;
      const point = POINTS[Math.floor(n / all.length) % POINTS.length];
      const headEnd = request.indexOf('\r\n\r\n') + 4;
      const sent =
        point === 'in the head'
          ? Math.floor(headEnd / 2)
          : point === 'after the head'
            ? headEnd
            : point === 'in the body'
              ? Math.floor((headEnd + request.length) / 2)
              : request.length;
      const socket = attacker.open();
      const answered = attacker.statusOf(socket, point === 'late' ? 300 : 30);
      await new Promise<void>((resolve) => {
        socket.write(request.subarray(0, sent), () => resolve());
      });
      if (point === 'during' || point === 'late') await answered;
      const isReset = Math.floor(n / all.length / POINTS.length) % 2 === 0;
      if (isReset) socket.resetAndDestroy();
      else socket.end();
      await answered;
      socket.destroy();
    });
  },
};
