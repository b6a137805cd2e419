import { FakeClock } from '../harness/fake-clock.js';

/** Work that a store does on timers, outside of the commit groups it is given, never runs. */
export class StillClock extends FakeClock {
  override setTimer(): () => void {
    return () => {};
  }
}
