import type { Clock } from '../../core/clock.js';
import type { Presence } from '../../core/engine/long-poll.js';

/** What ends the sleep of a worker, or its wait for messages, before its time. */
export class Wakeup {
  private isWoken = false;
  private interrupt: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  wake(): void {
    this.isWoken = true;
    this.interrupt?.();
  }

  /** @returns whether it was woken since it was last asked */
  take(): boolean {
    const { isWoken } = this;
    this.isWoken = false;
    return isWoken;
  }

  /** Ends a wait for messages as a client does that goes. */
  readonly presence: Presence = {
    gone: () => this.isWoken,
    onGone: (callback) => {
      this.interrupt = callback;
      return () => {
        this.interrupt = undefined;
      };
    },
  };

  /** Until the time is up or it is woken. */
  sleep(durationMs: number): Promise<void> {
    this.isWoken = false;
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.interrupt = undefined;
        resolve();
      };
      const cancel = this.clock.setTimer(end, durationMs);
      this.interrupt = end;
    });
  }
}
