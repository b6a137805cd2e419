import { createHash } from 'node:crypto';
import { CAPABILITIES, type Capability, ERRORS } from '@millrace/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { curlExample } from '#server/http/docs-page/curl-example';
import { html } from '#server/http/docs-page/html';
import type { HttpAnswer } from '../harness/http-server.js';
import { STORE_FACTORIES, type StoreFactory } from '../harness/stores.js';
import { useServer } from '../http-conformance/use-server.js';

const server = useServer(STORE_FACTORIES[0] as StoreFactory);
let answer: HttpAnswer;
beforeAll(async () => {
  answer = await server.call('GET', '/docs', undefined, { key: null });
});

const matches = (pattern: RegExp): string[] =>
  [...answer.text.matchAll(pattern)].map((match) => match[1] as string);

describe('/docs', () => {
  test('is a single HTML page', () => {
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.text).toMatch(/^<!doctype html>/);
  });

  test('allows only its own style in its Content-Security-Policy', () => {
    const [style = ''] = matches(/<style>([\s\S]*?)<\/style>/g);
    const digest = createHash('sha256').update(style).digest('base64');
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`style-src 'sha256-${digest}'`);
    expect(policy).not.toMatch(/unsafe|https?:/);
  });

  test('contains no script, no inline style and no address of another host', () => {
    expect(answer.text).not.toMatch(/<script|<iframe|<img|style="|\son\w+="/i);
    expect(
      matches(/(?:href|src)="([^"]*)"/g).filter((url) => !/^(#|\/\w|data:,$)/.test(url)),
    ).toEqual([]);
    expect(answer.text).not.toMatch(/@import|url\(/);
  });

  test('has a section for each call and each error, and no broken link between them', () => {
    const ids = matches(/\sid="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id } of Object.values(CAPABILITIES)) expect(ids).toContain(id);
    for (const code of Object.keys(ERRORS)) expect(ids).toContain(code);
    for (const target of matches(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  test('has working links to the machine-readable forms', async () => {
    for (const path of new Set(matches(/href="(\/[^"]+)"/g))) {
      expect((await server.call('GET', path, undefined, { key: null })).status).toBe(200);
    }
  });
});

describe('/', () => {
  test.each(['GET', 'HEAD'])('redirects %s to /docs', async (method) => {
    for (const path of ['/', '/?from=somewhere']) {
      const { status, headers } = await server.call(method, path, undefined, { key: null });
      expect([status, headers.get('location')]).toEqual([302, '/docs']);
    }
  });

  test.each(['POST', 'PATCH', 'DELETE'])('refuses the method %s', async (method) => {
    const { status, headers, body } = await server.call(method, '/', undefined, { key: null });
    expect([status, body.error.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(headers.get('allow')).toBe('GET, HEAD');
  });
});

test('values in the HTML of the docs page are escaped', () => {
  expect(html`<p title="${'"'}">${'<b>&'}${[html`<i>${"'"}</i>`]}</p>`.text).toBe(
    '<p title="&quot;">&lt;b&gt;&amp;<i>&#39;</i></p>',
  );
});

describe('a curl example', () => {
  const {
    publish,
    get,
    list,
    purge,
    delete: remove,
  } = CAPABILITIES as Record<string, Capability> & typeof CAPABILITIES;

  test('sends the body as JSON quoted for a shell', () => {
    expect(curlExample(publish, { queue: 'q', payload: "it's" })).toContain(
      String.raw`-d '{"queue":"q","payload":"it'\''s"}'`,
    );
  });

  test('puts fields into the path and the query string', () => {
    expect(curlExample(get, { queue: 'q' })).toContain('"$MILLRACE/v1/queue/get/q"');
    expect(curlExample(list, { prefix: 'a b', limit: 2 })).toContain('?prefix=a+b&limit=2"');
  });

  test('names the method only if curl would choose another', () => {
    expect(curlExample(purge, { queue: 'q' })).toContain('-X POST');
    expect(curlExample(remove, { queue: 'q' })).toContain('-X DELETE');
    expect(curlExample(publish, { queue: 'q', payload: 1 })).not.toContain('-X');
  });
});
