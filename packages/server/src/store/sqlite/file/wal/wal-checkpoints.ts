import type { Clock } from '../../../../core/clock.js';
import type { Log } from '../../../../core/log.js';
import { RefusalError } from '../../../../core/refusal.js';
import { isPassing } from '../../driver/errors.js';
import type { WalPages } from '../../threads/checkpoint-thread.js';
import type { SpaceNeed } from '../space/space-keeper.js';

export interface WalSteps {
  /** A passive checkpoint, concurrent with commits. */
  checkpoint(): Promise<WalPages>;
  /** Restarts the WAL between two commits. @returns false if somebody reads from it */
  restart(): Promise<boolean>;
  /** Stops new reads in this process. Resolves when none is under way. */
  pauseReads(): Promise<void>;
  resumeReads(): void;
  failed(cause: Error): void;
}

/** The pause before the next try while another process reads from the WAL or the disk is full. */
const RETRY_AFTER_MS = 1_000;
/** Commits wait for the copying of about this much at most. */
const REST_MAX_PAGES = 2_048;
const TOLD_FROM_FAILURES = 2;

/**
 * Keeps the WAL within bounds, without making commits wait for a reader. Only reads of this process can
 * be paused. While another process has a snapshot open (a backup, a forgotten shell), the WAL grows, and
 * publishing stops before the disk is full.
 */
export class WalCheckpoints {
  private underWay = false;
  private isOverLimit = false;
  private cancelRetry: (() => void) | undefined;
  /** Consecutive failures to restart the WAL. */
  private failures = 0;
  private failedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly steps: WalSteps,
  ) {}

  serve({ checkpoint, restart }: Pick<SpaceNeed, 'checkpoint' | 'restart'>): void {
    // Also during a checkpoint, which the restart then follows at once.
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
    // A single failure may be due to a read of this process that cannot be stopped.
    if (this.failures === TOLD_FROM_FAILURES) this.log.warn(HELD);
    this.cancelRetry = this.clock.setTimer(() => {
      this.cancelRetry = undefined;
      this.serve({ checkpoint: true, restart: true });
    }, RETRY_AFTER_MS);
  }

  /** Repeats checkpoints while the rest shrinks, since commits wait while the rest is copied. */
  private async copyMost(): Promise<void> {
    let lastRest = Number.POSITIVE_INFINITY;
    for (;;) {
      const { log, checkpointed } = await this.steps.checkpoint();
      const rest = log - checkpointed;
      if (!this.isOverLimit || rest <= REST_MAX_PAGES || rest >= lastRest) return;
      lastRest = rest;
    }
  }

  /**
   * Data in the WAL is safe there, so a temporary failure to copy it is no reason to stop the server; nor
   * is a thread that cannot start yet.
   */
  private failed(error: Error): void {
    if (!isPassing(error) && !(error instanceof RefusalError)) {
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

/** Logs that work on the files was postponed, which no answer depends on. */
export const tellPostponed = (log: Log, { message }: Error): void =>
  log.counted('warn', 'work on the files of the store is postponed and will be tried again', {
    cause: message,
  });

const HELD =
  'another process reads the database (a backup, a shell): the WAL grows until it ends, and publishing stops at --min-free-bytes';
const RELEASED = 'the WAL is no longer held by another process and is back within its bounds';
