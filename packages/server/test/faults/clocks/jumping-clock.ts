/** The clock that a store uses, which a test can set forward and back. */
export interface JumpingClock {
  /** Sets how far the clock is off from now on. */
  shiftTo(shiftMs: number): Promise<void>;
  close(): Promise<void>;
}
