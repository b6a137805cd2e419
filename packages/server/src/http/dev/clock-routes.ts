import {
  type AdvanceDevClockParams,
  DEV_CAPABILITIES,
  type DevClock,
  LIMITS,
} from '@millrace/protocol';
import { toIso } from '../../core/iso-time.js';
import { fieldRefusal } from '../../core/refusal.js';
import { answer, type Call, type Route, toMs } from '../call.js';

/** The clock of a server in dev mode. */
export interface ControlledClock {
  nowMs(): number;
  /** How far it has been advanced in all. */
  aheadMs(): number;
  /** Resolves when the store has done what has become due. */
  advance(durationMs: number): Promise<void>;
}

/** The routes by which a developer sees and advances the clock; only dev mode has them. */
export function clockRoutes(clock: ControlledClock): readonly Route[] {
  const shown = (): DevClock => ({
    now: toIso(clock.nowMs()),
    ahead_seconds: clock.aheadMs() / 1_000,
  });
  return [
    { capability: DEV_CAPABILITIES.clock, handle: async () => answer(shown()) },
    {
      capability: DEV_CAPABILITIES.advanceClock,
      handle({ params }: Call<AdvanceDevClockParams>) {
        const durationMs = toMs(params.seconds);
        const leftMs = LIMITS.devClockMaxSeconds * 1_000 - clock.aheadMs();
        if (durationMs > leftMs) {
          return fieldRefusal(
            '/seconds',
            `must be <= ${leftMs / 1_000}, because the clock can be advanced by ten years in all`,
            'Start millrace dev again, which also sets its clock back.',
          );
        }
        return clock.advance(durationMs).then(() => answer(shown()));
      },
    },
  ];
}
