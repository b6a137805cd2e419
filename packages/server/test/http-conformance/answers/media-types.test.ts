import { beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../../harness/http-server.js';
import { exchange, requestHead } from '../../harness/raw-http.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { dataOf, errorOf } from './expect-answer.js';

const QUEUE = 'typed-queue';

describe.each(STORE_FACTORIES)('media types on $name', (factory) => {
  const running = useServer(factory);
  beforeAll(async () => {
    dataOf(await running.client.post('create', { name: QUEUE }));
  });

  test.each([
    undefined,
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
  ])('the content type %s is accepted as JSON', async (type) => {
    const body = `{"queue":"${QUEUE}"}`;
    const head = requestHead('POST', '/v1/queue/consume', {
      Authorization: `Bearer ${ADMIN_KEY}`,
      'Content-Length': body.length,
      ...(type === undefined ? {} : { 'Content-Type': type }),
    });
    const answer = await exchange(running.url, [head, body]);
    expect(answer?.status, answer?.text).toBe(200);
  });

  test.each(['nonsense', '', '/', ';', 'application', 'application/json/x', '*/*', 'a b/c d'])(
    'the invalid content type "%s" is not answered as a server error',
    async (type) => {
      const body = `{"queue":"${QUEUE}"}`;
      const head = requestHead('POST', '/v1/queue/consume', {
        Authorization: `Bearer ${ADMIN_KEY}`,
        'Content-Length': body.length,
        'Content-Type': type,
      });
      const answer = await exchange(running.url, [head, body]);
      if (answer === undefined) throw new Error('no answer');
      if (type === '') expect([200, 415]).toContain(answer.status);
      else errorOf(answer, 'UNSUPPORTED_MEDIA_TYPE');
    },
  );
});
