import { type Static, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';
import { Timestamp } from './fields.js';

export const DevClockParams = Type.Object({});

export const AdvanceDevClockParams = Type.Object({
  seconds: Type.Number({
    minimum: 0,
    maximum: LIMITS.devClockMaxSeconds,
    description: 'How far to advance the clock; fractions to the millisecond.',
  }),
});
export type AdvanceDevClockParams = Static<typeof AdvanceDevClockParams>;

export const DevClock = Type.Object({
  now: Timestamp('The time of the server.'),
  ahead_seconds: Type.Number({ description: 'How far the clock has been advanced in all.' }),
});
export type DevClock = Static<typeof DevClock>;
