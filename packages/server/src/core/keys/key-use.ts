import type { Clock } from '../clock.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import { CONFIGURED_KEY_ID } from './key-ring.js';

const MINUTE_MS = 60_000;
const FLUSH_AFTER_MS = 5_000;
/** Bounds the memory; forgotten keys are written once more. */
const KEYS_MAX = 10_000;
/** A command with more of them would keep others waiting. */
const USES_PER_COMMAND = 200;

/** Gathers when keys were last used, to the minute, and writes it to the store. */
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
    // No store contains the key of the configuration.
    if (keyId === CONFIGURED_KEY_ID) return;
    this.unwritten.set(keyId, minute);
    this.cancelTimer ??= this.clock.setTimer(() => void this.flush(), FLUSH_AFTER_MS);
  }

  /** Writes what was gathered; a crash may lose the last few seconds. */
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
