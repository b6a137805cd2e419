import type { Clock } from '../../core/clock.js';
import type { Presence } from '../../core/engine/long-poll.js';

/** Wakes a worker early from its sleep or from its wait for messages. */
export class Wakeup {
  private isWoken = false;
  private interrupt: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  wake(): void {
    this.isWoken = true;
    this.interrupt?.();
  }

  /** @returns whether it was woken since the last call */
  take(): boolean {
    const { isWoken } = this;
    this.isWoken = false;
    return isWoken;
  }

  /** Ends a wait for messages in the same way as a client that disconnects. */
  readonly presence: Presence = {
    gone: () => this.isWoken,
    onGone: (callback) => {
      this.interrupt = callback;
      return () => {
        this.interrupt = undefined;
      };
    },
  };

  /** Sleeps until the time is up or it is woken. */
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
