/** The share of the newest measurement in an average. */
const WEIGHT = 0.1;
/** What is leased ahead waits, so that there is a limit even where leases take much longer. */
const SHARE_MAX = 3;

/**
 * How many messages to lease for slots that are not free yet. By Little's law, as many slots become
 * free during a lease as it is longer than a share of a push. One lease is under way at a time, so
 * those of this lease and of the next would stand idle. Beside a slow receiver that is none, so that
 * no lease waits there for its push.
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
