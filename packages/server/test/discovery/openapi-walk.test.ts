import { CAPABILITIES, type Capability, ERRORS } from '@millrace/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../harness/http-server.js';
import { STORE_FACTORIES, type StoreFactory } from '../harness/stores.js';
import { useServer } from '../http-conformance/use-server.js';
import { faultsOf, operationsOf } from './openapi-walk.js';

const server = useServer(STORE_FACTORIES[0] as StoreFactory);
let document: Json;
beforeAll(async () => {
  document = (await server.call('GET', '/openapi.json', undefined, { key: null })).body;
});
const namesOf = (list: readonly Json[]): string[] => list.map(({ name }) => name);

describe('the OpenAPI document', () => {
  test('has a description for all that it contains, and a name for each object', () => {
    expect(faultsOf(document)).toEqual([]);
  });

  test.each<[string, (document: Json) => void]>([
    [
      'a field without a description',
      ({ components }) => {
        delete components.schemas.QueueRecord.properties.max_retries.description;
      },
    ],
    [
      'a field of a request without a description',
      ({ paths }) => {
        const { schema } = paths['/v1/queue/ack'].post.requestBody.content['application/json'];
        delete schema.properties.receipt.description;
      },
    ],
    [
      'a parameter without a description',
      ({ paths }) => {
        delete paths['/v1/queue/list'].get.parameters[0].description;
      },
    ],
    [
      'a header of pushes without a description',
      ({ webhooks }) => {
        delete webhooks.push.post.parameters[0].description;
      },
    ],
    [
      'an object without a name',
      ({ components }) => {
        const { PeekPage, PeekedMessage } = components.schemas;
        PeekPage.properties.items.items = PeekedMessage;
      },
    ],
  ])('is found faulty with %s', (_what, plant) => {
    const faulty = structuredClone(document);
    plant(faulty);
    expect(faultsOf(faulty)).toHaveLength(1);
  });

  test('has an operation for every call, in one section', () => {
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);
    const calls: Capability[] = Object.values(CAPABILITIES);
    const expected = calls.flatMap(({ id, queuePath }) =>
      queuePath === undefined ? [id] : [id, `${id}.of_queue`],
    );
    expect(ids.sort()).toEqual([...expected, 'push'].sort());
    for (const { where, operation } of operationsOf(document)) {
      expect(operation.tags, where).toHaveLength(1);
      expect(namesOf(document.tags)).toContain(operation.tags[0]);
    }
  });

  test('shows an answer with every error, each with the status that it has', () => {
    for (const [code, { status, title }] of Object.entries(ERRORS)) {
      const { ok, error } = document.components.examples[code].value;
      expect([ok, error]).toEqual([false, { code, status, message: title }]);
    }
    expect(document.components.schemas.Error.properties.code.enum).toEqual(Object.keys(ERRORS));
  });

  test('groups all of its tags, whose names differ', () => {
    const grouped = document['x-tagGroups'].flatMap(({ tags }: Json) => tags);
    expect(grouped).toEqual(namesOf(document.tags));
    expect(new Set(grouped).size).toBe(grouped.length);
  });

  test('has the rules of PROTOCOL.md in its pages and operations', () => {
    const { tags, paths, webhooks } = document;
    const page = (name: string) => tags.find((tag: Json) => tag.name === name).description;
    expect(page('The life of a message')).toContain('dead letter');
    expect(page('Signatures')).toContain('webhook-timestamp');
    // It is a page of its own, although it is a part of this section.
    expect(page('Push delivery')).toContain('### Failures');
    expect(page('Push delivery')).not.toContain('### Signatures');
    const { description } = paths['/v1/queue/dlq/redrive/{queue}'].post;
    expect(description).toContain('A large redrive runs in steps');
    expect(description).not.toMatch(/curl|· scope/);
    expect(webhooks.push.post.description).toContain('HTTP/1.1');
  });

  test('has only links that lead to one of its pages or operations', () => {
    const slug = (name: string) => name.toLowerCase().replaceAll(' ', '-');
    const pages = namesOf(document.tags).map((name) => `/docs#tag/${slug(name)}`);
    const operations = operationsOf(document).map(
      ({ operation: { tags, operationId } }) => `/docs#tag/${slug(tags[0])}/${operationId}`,
    );
    const links = [...JSON.stringify(document).matchAll(/\]\(([^)\s]+)\)/g)].map(
      ([, link]) => link,
    );
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect([...pages, ...operations]).toContain(link);
  });
});

describe('the address of the server in the OpenAPI document', () => {
  const serversFor = async (headers: Record<string, string>, running = server) => {
    const answer = await running.call('GET', '/openapi.json', undefined, { key: null, headers });
    return answer.body.servers.map(({ url }: Json) => url);
  };

  test('is the one that the request names', async () => {
    expect(await serversFor({ host: 'queue.example:8443' })).toEqual(['http://queue.example:8443']);
    expect(await serversFor({ host: '[::1]:80' })).toEqual(['http://[::1]:80']);
    expect(document.info.description).toContain(`export MILLRACE_URL=${server.url}`);
  });

  test('is its own if the request names one that is none', async () => {
    expect(await serversFor({ host: `x"'$(id)` })).toEqual([server.url]);
  });

  test('has no scheme of a proxy that is not trusted', async () => {
    expect(await serversFor({ host: 'q.example', 'x-forwarded-proto': 'https' })).toEqual([
      'http://q.example',
    ]);
  });
});

describe('behind a trusted proxy', () => {
  const trusting = useServer(STORE_FACTORIES[0] as StoreFactory, ['--trust-proxy']);

  test.each([
    ['https', 'https'],
    ['http', 'http'],
    // The client may have sent the first one.
    ['https, http', 'http'],
    ['http, https', 'https'],
  ])('the scheme in X-Forwarded-Proto: %s is %s', async (forwarded, scheme) => {
    const headers = { host: 'q.example', 'x-forwarded-proto': forwarded };
    const answer = await trusting.call('GET', '/openapi.json', undefined, { key: null, headers });
    expect(answer.body.servers[0].url).toBe(`${scheme}://q.example`);
  });
});
