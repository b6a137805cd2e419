import type { Clock } from '../clock.js';
import type { GroupCommit } from '../engine/group-commit.js';
import { CONFIGURED_KEY_ID } from './key-ring.js';

const MINUTE_MS = 60_000;
const FLUSH_AFTER_MS = 5_000;
/** A bound for memory's sake; what falls out is written once more. */
const KEYS_MAX = 10_000;
/** A commit group with more of them would keep others waiting. */
const USES_PER_COMMAND = 200;

/** When keys were last used, to the minute, on its way into the store. */
export class KeyUse {
  private readonly minutes = new Map<string, number>();
  private readonly unwritten = new Map<string, number>();
  private cancelTimer: (() => void) | undefined;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
  ) {}

  /** Called with each request. */
  used(keyId: string): void {
    const minute = Math.floor(this.clock.nowMs() / MINUTE_MS);
    if (this.minutes.get(keyId) === minute) return;
    if (this.minutes.size >= KEYS_MAX) this.minutes.clear();
    this.minutes.set(keyId, minute);
    // The key of the configuration is in no store.
    if (keyId === CONFIGURED_KEY_ID) return;
    this.unwritten.set(keyId, minute);
    this.cancelTimer ??= this.clock.setTimer(() => void this.flush(), FLUSH_AFTER_MS);
  }

  /** Writes what is known; a crash may cost the last few seconds. */
  async flush(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    const uses = [...this.unwritten].map(([keyId, minute]) => ({
      keyId,
      atMs: minute * MINUTE_MS,
    }));
    this.unwritten.clear();
    for (let at = 0; at < uses.length; at += USES_PER_COMMAND) {
      const some = uses.slice(at, at + USES_PER_COMMAND);
      await this.commit.submit({ kind: 'recordKeyUse', uses: some });
    }
  }
}
