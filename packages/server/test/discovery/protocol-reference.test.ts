import {
  CAPABILITIES,
  type Capability,
  discoveryOf,
  ERRORS,
  type JsonSchema,
  LIMITS,
  openApiDocument,
} from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { fieldRows } from '#server/http/docs-page/field-rows';
import { readProtocol, sectionOf, tableRows } from './protocol-document.js';

/** PROTOCOL.md is written by hand; these tests keep it equal to the schemas. */

const document = await readProtocol();

test('the table of errors in PROTOCOL.md contains exactly the errors of the server', () => {
  const expected = Object.entries(ERRORS).map(([code, { status, title }]) => [
    String(status),
    `\`${code}\``,
    title,
  ]);
  expect(tableRows(sectionOf(document, '## Errors'))).toEqual(expected);
});

test('PROTOCOL.md has a section for exactly the calls of the server', () => {
  const headings = [...sectionOf(document, '## Calls').matchAll(/^### (.+)$/gm)];
  const ids = Object.values(CAPABILITIES).map(({ id }) => id);
  expect(headings.map((match) => match[1]).sort()).toEqual([...ids].sort());
});

describe.each(Object.values(CAPABILITIES) as Capability[])('PROTOCOL.md on $id', (capability) => {
  const { id, method, path, queuePath, scopes } = capability;
  const section = sectionOf(document, `### ${id}`);

  test('states its method, paths and scopes', () => {
    const named = scopes.map((scope) => `\`${scope}\``).join(' or ');
    const or = queuePath === undefined ? '' : ` or \`${method} ${queuePath}\``;
    expect(section).toContain(`\`${method} ${path}\`${or} · scope ${named}\n`);
  });

  test('lists its fields with their types and bounds', () => {
    const rows = fieldRows(discoveryOf(id)?.params ?? {});
    const expected = rows.map(({ name, type, required }) => [
      `\`${name}\`${required ? ', required' : ''}`,
      type.replaceAll('|', '\\|'),
    ]);
    const written = tableRows(section).map(([name, _place, type]) => [name, type]);
    expect(written).toEqual(expected);
  });

  test('names the fields of its answer', () => {
    const { properties = {} } = (discoveryOf(id)?.returns ?? {}) as {
      properties?: Record<string, JsonSchema>;
    };
    const returns = /^Returns [^\n]+/m.exec(section)?.[0] ?? '';
    if (/^Returns (a )?(Queue|Key|Push)/.test(returns)) return;
    for (const name of Object.keys(properties)) expect(returns, name).toContain(name);
  });
});

const { QueueRecord, QueueMessage, QueueStats, KeyRecord } = openApiDocument().components
  .schemas as Record<string, JsonSchema>;
const PushSubscription = discoveryOf('queue.push_subscribe')?.returns;
const RECORDS = { QueueRecord, QueueMessage, QueueStats, KeyRecord, PushSubscription };

test.each(Object.entries(RECORDS))(
  'PROTOCOL.md lists the fields of the record %s with their types',
  (name, schema) => {
    const expected = fieldRows(schema as JsonSchema).map((row) => [
      `\`${row.name}\`${row.required ? '' : ', optional'}`,
      row.type.replaceAll('|', '\\|'),
    ]);
    const written = tableRows(sectionOf(document, `### ${name}`)).map(([field, type]) => [
      field,
      type,
    ]);
    expect(written).toEqual(expected);
  },
);

test('the limits in PROTOCOL.md are those of the schemas', () => {
  const limits = new Map(
    tableRows(sectionOf(document, '## Limits')).map(([what, bounds]) => [what, bounds]),
  );
  const upTo = (value: number): string => value.toLocaleString('en-US');
  expect(limits.get('`delay_seconds`')).toContain(upTo(LIMITS.delayMaxSeconds));
  expect(limits.get('`wait_seconds`')).toContain(upTo(LIMITS.waitMaxSeconds));
  expect(limits.get('`max_messages` of `consume`')).toContain(upTo(LIMITS.consumeMaxMessages));
  expect(limits.get('messages in a batch')).toContain(upTo(LIMITS.batchMaxMessages));
  expect(limits.get('`max_retries`')).toContain(upTo(LIMITS.retriesMax));
  expect(limits.get('`max_expired_leases`')).toContain(upTo(LIMITS.expiredLeasesMax));
  expect(limits.get('`error` of a nack')).toContain(upTo(LIMITS.lastErrorMaxChars));
  expect(limits.get('push subscriptions of a queue')).toBe(
    upTo(LIMITS.pushSubscriptionsPerQueueMax),
  );
  expect(limits.get('`url` of a push subscription')).toContain(upTo(LIMITS.pushUrlMaxChars));
  expect(limits.get('`secret` of a push subscription')).toContain(upTo(LIMITS.pushSecretMaxChars));
  expect(limits.get('`max_in_flight` of a push subscription')).toContain(
    upTo(LIMITS.pushInFlightMax),
  );
  expect(limits.get('body of `publish_batch`')).toBe(
    `${CAPABILITIES.publishBatch.bodyMaxBytes / 1024 ** 2} MiB`,
  );
  expect(limits.get('body of `ack_batch` and `nack_batch`')).toBe(
    `${CAPABILITIES.ackBatch.bodyMaxBytes / 1024 ** 2} MiB`,
  );
  expect(limits.get('body of every other call')).toBe(
    `${CAPABILITIES.consume.bodyMaxBytes / 1024} KiB`,
  );
});
