import type { Clock } from '../../../core/clock.js';
import type { Log } from '../../../core/log.js';
import { isPassing } from '../driver/errors.js';
import type { WalPages } from '../threads/checkpoint-thread.js';
import type { SpaceNeed } from './space.js';

export interface WalSteps {
  /** A passive checkpoint, beside the commits. */
  checkpoint(): Promise<WalPages>;
  /** Starts the WAL anew between two commits. @returns false where somebody reads from it */
  restart(): Promise<boolean>;
  /** Starts no more reads of this process. Resolves when none is under way. */
  pauseReads(): Promise<void>;
  resumeReads(): void;
  failed(cause: Error): void;
}

/** When another process reads from the WAL, or the disk is full, this is how long until the next try. */
const RETRY_AFTER_MS = 1_000;
/** The commits wait for the copying of no more than about so much. */
const REST_MAX_PAGES = 2_048;
const TOLD_FROM_FAILURES = 2;

/**
 * Keeps the WAL in bounds, and lets no commit wait for a reader. Only our own reads can be asked to
 * make way; another process that holds a snapshot (a backup, a forgotten shell) lets the WAL grow
 * until it ends, and publishing stops before the disk is full.
 */
export class WalBounds {
  private underWay = false;
  private isOverLimit = false;
  private cancelRetry: (() => void) | undefined;
  /** Of the restart, one after the other. */
  private failures = 0;
  private failedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly steps: WalSteps,
  ) {}

  serve({ checkpoint, restart }: Pick<SpaceNeed, 'checkpoint' | 'restart'>): void {
    // Also beside a checkpoint that is under way: it is then followed by the restart at once.
    this.isOverLimit = restart;
    if (this.underWay || !checkpoint || this.clock.nowMs() < this.failedUntilMs) return;
    this.underWay = true;
    this.shorten()
      .catch((error: Error) => this.failed(error))
      .finally(() => {
        this.underWay = false;
      });
  }

  stop(): void {
    this.cancelRetry?.();
  }

  private async shorten(): Promise<void> {
    await this.copyMost();
    if (!this.isOverLimit || this.cancelRetry !== undefined) return;
    const restarted = (await this.steps.restart()) || (await this.restartWithoutReads());
    if (restarted) {
      if (this.failures >= TOLD_FROM_FAILURES) this.log.info(RELEASED);
      this.failures = 0;
      return;
    }
    this.failures += 1;
    // Once may be a read of our own that nobody can stop.
    if (this.failures === TOLD_FROM_FAILURES) this.log.warn(HELD);
    this.cancelRetry = this.clock.setTimer(() => {
      this.cancelRetry = undefined;
      this.serve({ checkpoint: true, restart: true });
    }, RETRY_AFTER_MS);
  }

  /** Goes on while it gets ahead: what is left is copied while the commits wait. */
  private async copyMost(): Promise<void> {
    let lastRest = Number.POSITIVE_INFINITY;
    for (;;) {
      const { log, checkpointed } = await this.steps.checkpoint();
      const rest = log - checkpointed;
      if (!this.isOverLimit || rest <= REST_MAX_PAGES || rest >= lastRest) return;
      lastRest = rest;
    }
  }

  /** What is in the WAL is safe there; only that it cannot be copied for now is no reason to end. */
  private failed(error: Error): void {
    if (!isPassing(error)) {
      this.steps.failed(error);
      return;
    }
    this.failedUntilMs = this.clock.nowMs() + RETRY_AFTER_MS;
    tellPostponed(this.log, error);
  }

  private async restartWithoutReads(): Promise<boolean> {
    await this.steps.pauseReads();
    try {
      return await this.steps.restart();
    } finally {
      this.steps.resumeReads();
    }
  }
}

/** Work on the file that no answer depends on. */
export const tellPostponed = (log: Log, { message }: Error): void =>
  log.counted('warn', 'work on the files of the store is put off and tried again', {
    cause: message,
  });

const HELD =
  'another process reads the database (a backup, a shell): the WAL grows until it ends, and publishing stops at --min-free-bytes';
const RELEASED = 'the WAL is no longer held by another process and is back in its bounds';
