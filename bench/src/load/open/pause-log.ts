/** A time in which the server answered nothing although it was asked. */
export interface Pause {
  /** When it began, from the start of the measurement. */
  atMs: number;
  lengthMs: number;
  /** How long the generator itself stood still during it; if as long, the machine is to blame. */
  generatorStoodMs: number;
}

/** Notes the pauses of a server from this length on. */
export class PauseLog {
  readonly pauses: Pause[] = [];
  #longestMs = 0;
  #silentSinceMs: number | undefined;
  #underWay = 0;
  #lastTickMs: number | undefined;
  #stoodMs = 0;

  constructor(
    private readonly startMs: number,
    private readonly fromLengthMs: number,
  ) {}

  get longestMs(): number {
    return this.#longestMs;
  }

  sent(nowMs: number): void {
    if (this.#underWay === 0) this.#beginSilence(nowMs);
    this.#underWay += 1;
  }

  answered(nowMs: number): void {
    this.#underWay -= 1;
    const sinceMs = this.#silentSinceMs ?? nowMs;
    const lengthMs = nowMs - sinceMs;
    // What began in the warm-up does not count.
    if (sinceMs >= this.startMs) {
      this.#longestMs = Math.max(this.#longestMs, lengthMs);
      if (lengthMs >= this.fromLengthMs) {
        const atMs = sinceMs - this.startMs;
        this.pauses.push({ atMs, lengthMs, generatorStoodMs: this.#stoodMs });
      }
    }
    this.#beginSilence(nowMs);
  }

  /** Called as often as the generator can: between two calls it stood still. */
  tick(nowMs: number): void {
    const fromMs = Math.max(this.#lastTickMs ?? nowMs, this.#silentSinceMs ?? nowMs);
    this.#stoodMs = Math.max(this.#stoodMs, nowMs - fromMs);
    this.#lastTickMs = nowMs;
  }

  #beginSilence(nowMs: number): void {
    this.#silentSinceMs = nowMs;
    this.#stoodMs = 0;
  }
}
