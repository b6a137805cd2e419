/** How many bytes of bodies and answers may be in flight at once. */
export class ByteBudget {
  private used = 0;

  constructor(private readonly maxBytes: number) {}

  /** False, and nothing taken, when that many are not left. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.maxBytes) return false;
    this.used += bytes;
    return true;
  }

  /** Takes what has to be taken, for work that is already done. */
  force(bytes: number): void {
    this.used += bytes;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }

  leftBytes(): number {
    return Math.max(0, this.maxBytes - this.used);
  }
}
