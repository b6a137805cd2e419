/** Counts operations under way. */
export class InFlight {
  private count = 0;
  private whenNone: (() => void)[] = [];

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count > 0) return;
    for (const resolve of this.whenNone.splice(0)) resolve();
  }

  /** Resolves when nothing is under way, which may be at once. */
  none(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenNone.push(resolve));
  }
}
