/** The weight of the newest measurement in an average. */
const WEIGHT = 0.1;
/**
 * Messages leased ahead have to wait, so there is a limit even if leases take much longer than pushes.
 */
const SHARE_MAX = 3;

/**
 * How many messages to lease for slots that are not free yet. By Little's law, the share of the slots
 * that become free during a lease is the time of a lease divided by the time of a push. Only one lease
 * is under way at a time, so the slots freed during this lease and the next would be idle. With a slow
 * receiver the number is zero, so that no leased message waits for its push.
 */
export class Lookahead {
  private leaseMs = 0;
  private pushMs = Number.POSITIVE_INFINITY;

  leased(durationMs: number): void {
    this.leaseMs += WEIGHT * (durationMs - this.leaseMs);
  }

  pushed(durationMs: number): void {
    const isFirst = this.pushMs === Number.POSITIVE_INFINITY;
    this.pushMs = isFirst ? durationMs : this.pushMs + WEIGHT * (durationMs - this.pushMs);
  }

  slots(maxInFlight: number): number {
    const share = (2 * this.leaseMs) / Math.max(1, this.pushMs);
    return Math.floor(maxInFlight * Math.min(SHARE_MAX, share));
  }
}
