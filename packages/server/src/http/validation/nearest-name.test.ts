import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNameMatcher } from './nearest-name.js';

const KNOWN = [
  ...['queue', 'payload', 'delay_seconds', 'priority', 'message_group_id', 'headers'],
  ...['max_retries', 'dead_letter_queue'],
];
const nearestName = createNameMatcher(KNOWN);

describe('the nearest name', () => {
  it.each([
    ['queue', 'queue'],
    ['qeueu', undefined],
    ['queu', 'queue'],
    ['Queue', 'queue'],
    ['payloda', 'payload'],
    ['delay', 'delay_seconds'],
    ['DELAY_SECONDS', 'delay_seconds'],
    ['delaySeconds', 'delay_seconds'],
    ['delayseconds', 'delay_seconds'],
    ['delay_in_seconds', 'delay_seconds'],
    ['groupId', 'message_group_id'],
    ['prioritty', 'priority'],
    ['max_retry', 'max_retries'],
    ['header', 'headers'],
    ['id', undefined],
    ['colour', undefined],
    ['ttl', undefined],
    ['q', undefined],
    ['', undefined],
    ['___', undefined],
    ['键', undefined],
  ])('of %j is %j', (name, nearest) => {
    expect(nearestName(name)).toBe(nearest);
  });

  it('is none for a noun that several fields have in common', () => {
    expect(createNameMatcher(['name', 'dead_letter_queue'])('queue')).toBeUndefined();
  });

  it('of a known name is that name, however it is spelt', () => {
    const spelt = [
      (name: string) => name.toUpperCase(),
      (name: string) => name.replaceAll('_', '-'),
      (name: string) => name.replace(/_(.)/g, (_all, letter) => letter.toUpperCase()),
    ];
    for (const name of KNOWN) for (const as of spelt) expect(nearestName(as(name))).toBe(name);
  });

  it('is always a known one or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const nearest = nearestName(name);
        expect(nearest === undefined || KNOWN.includes(nearest)).toBe(true);
      }),
    );
  });
});
