import { JsonText, type QueueRecord } from '@millrace/client';
import { describe, expect, test } from 'vitest';
import { draftOf, EMPTY_DRAFT, readDraft } from './publish/draft.js';
import { changesOf, settingsOf } from './settings/settings.js';

describe('a message that is published by hand', () => {
  const draft = { ...EMPTY_DRAFT, payload: '{"a":12345678901234567890}' };

  test('has only what was typed', () => {
    expect(readDraft({ ...draft, headers: 'tenant: acme\n\nx: a:b', delaySeconds: 5 })).toEqual({
      faults: {},
      message: {
        payload: new JsonText('{"a":12345678901234567890}'),
        headers: { tenant: 'acme', x: 'a:b' },
        delaySeconds: 5,
        priority: undefined,
        messageGroupId: undefined,
        deduplicationId: undefined,
      },
    });
  });

  test('a fault names what is wrong', () => {
    const { message, faults } = readDraft({ ...draft, payload: '{a}', headers: 'no colon' });
    expect(message).toBeUndefined();
    expect(faults.payload).toContain('This is no JSON');
    expect(faults.headers).toBe('"no colon" has no name before a colon.');
  });
});

test('a draft of a message has its parts, but not its deduplication id', () => {
  const message = {
    messageId: 'm',
    queue: 'orders',
    payload: '{"a":12345678901234567890}',
    headers: { tenant: 'acme', x: 'a:b' },
    priority: 3,
    messageGroupId: 'g',
    deduplicationId: 'd',
    enqueuedAt: '2026-01-05T08:00:00.000Z',
    deliveryCount: 2,
  };
  expect(draftOf(message)).toEqual({
    payload: '{\n  "a": 12345678901234567890\n}',
    headers: 'tenant: acme\nx: a:b',
    delaySeconds: '',
    priority: 3,
    messageGroupId: 'g',
    deduplicationId: '',
  });
  const huge = JSON.stringify(Array(150_000).fill(1));
  expect(draftOf({ ...message, payload: huge }).payload).toBe(huge);
});

describe('changed settings', () => {
  const record: QueueRecord = {
    queue: 'orders',
    type: 'standard',
    deadLetterQueue: 'failed',
    maxRetries: 3,
    maxExpiredLeases: 3,
    visibilityTimeoutDefault: 30,
    messageRetentionDays: 7,
    enablePriority: false,
    createdAt: '2026-01-05T08:00:00.000Z',
    updatedAt: '2026-01-05T08:00:00.000Z',
  };
  const changed = (part: object) => changesOf(record, { ...settingsOf(record), ...part });

  test('only those are sent that differ', () => {
    expect(changed({})).toEqual({});
    expect(changed({ maxRetries: 0, enablePriority: true })).toEqual({
      maxRetries: 0,
      enablePriority: true,
    });
  });

  test('an empty field detaches the dead-letter queue and restores a default', () => {
    expect(changed({ deadLetterQueue: '', maxExpiredLeases: '' })).toEqual({
      deadLetterQueue: null,
      maxExpiredLeases: null,
    });
    expect(changed({ maxRetries: '' })).toEqual({});
  });
});
