import { CAPABILITIES, type Capability, ERRORS, LIMITS } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { readProtocol, sectionOf, tableRows } from './protocol-document.js';

/** PROTOCOL.md is written by hand; these tests keep it equal to what is declared. */

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
});

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
