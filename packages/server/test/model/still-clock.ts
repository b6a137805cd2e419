import { FakeClock } from '../harness/fake-clock.js';

/** What a store does by itself, beside the groups that it is given, is put off for ever. */
export class StillClock extends FakeClock {
  override setTimer(): () => void {
    return () => {};
  }
}
