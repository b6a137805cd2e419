/** The clock by which a store goes, which a test can put forward and back. */
export interface JumpingClock {
  /** By how much it is wrong from now on. */
  shiftTo(shiftMs: number): Promise<void>;
  close(): Promise<void>;
}
