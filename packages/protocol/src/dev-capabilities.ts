import type { Capability } from './capability.js';
import { LIMITS } from './limits.js';
import { AdvanceDevClockParams, DevClock, DevClockParams } from './schemas/dev.js';

const bodyMaxBytes = LIMITS.bodyOverheadMaxBytes;

/** Calls that only `millrace dev` answers. They are no part of the contract, and discovery lacks them. */
export const DEV_CAPABILITIES = {
  clock: {
    id: 'dev.clock',
    method: 'GET',
    path: '/dev/clock',
    scopes: ['admin'],
    params: DevClockParams,
    returns: DevClock,
    bodyMaxBytes,
    description: 'Show the time of the server.',
  },
  advanceClock: {
    id: 'dev.clock.advance',
    method: 'POST',
    path: '/dev/clock/advance',
    scopes: ['admin'],
    params: AdvanceDevClockParams,
    returns: DevClock,
    bodyMaxBytes,
    description: 'Advance the clock, and do what has become due.',
  },
} as const satisfies Record<string, Capability>;
