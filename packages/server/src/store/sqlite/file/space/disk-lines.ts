import type { Clock } from '../../../../core/clock.js';
import type { DiskSpace } from '../../../../core/limits/storage-limits.js';
import type { Log } from '../../../../core/log.js';

export const STOPPED = 'the disk has less free space than --min-free-bytes';

/** Logs when publishing stops for lack of disk space, and when it goes on. */
export class DiskLines {
  private last: DiskSpace = 'enough';
  private stoppedAtMs = 0;

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
    private readonly minFreeBytes: number,
  ) {}

  /** Called with the disk space that a commit group or another check has found. */
  saw(disk: DiskSpace): void {
    if (disk === this.last) return;
    const fields = { min_free_bytes: this.minFreeBytes };
    if (disk === 'enough') {
      const afterMs = this.clock.nowMs() - this.stoppedAtMs;
      this.log.info('publishing goes on: the disk has space again', {
        ...fields,
        after_ms: afterMs,
      });
    } else if (this.last === 'enough') {
      this.stoppedAtMs = this.clock.nowMs();
      this.log.warn(`publishing stopped: ${STOPPED}`, fields);
    }
    if (disk === 'very_low') {
      this.log.warn(
        'answers are no longer kept for idempotency keys: the disk is nearly full',
        fields,
      );
    }
    this.last = disk;
  }
}
