import type { ServerResponse } from 'node:http';
import { setSystemTimer } from '../core/clock.js';

declare module 'fastify' {
  interface FastifyInstance {
    callsUnderWay: CallsUnderWay;
  }
}

/** Calls whose request has come in whole and whose answer has not gone out yet. */
export class CallsUnderWay {
  /** How many there are. */
  count = 0;
  private onNone: (() => void) | undefined;

  /** @param ended called when the call is over: nothing of its answer is left here */
  begin(response: ServerResponse, ended: () => void): void {
    this.count += 1;
    // 'close' comes after the last byte has gone to the system, or with the connection's end.
    response.once('close', () => {
      this.count -= 1;
      ended();
      if (this.count === 0) this.onNone?.();
    });
  }

  /** Resolves when none is left, or after `maxMs`. */
  drained(maxMs: number): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = setSystemTimer(resolve, maxMs);
      this.onNone = () => {
        cancel();
        resolve();
      };
    });
  }
}
