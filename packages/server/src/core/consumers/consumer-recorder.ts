import type { Clock } from '../clock.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import type { ConsumerBook } from './consumer-book.js';

/** After the first change; a little less than the ten seconds to which other nodes know it. */
const RECORD_AFTER_MS = 8_000;
/** A command with more of them would keep others waiting. */
const QUEUES_PER_COMMAND = 200;
/** So that ten thousand queues take as long as it takes until they are due again. */
const PAUSE_MS = 150;

/** Writes the consumers of this node to the store, a few queues at a time, and only after a change. */
export class ConsumerRecorder {
  private cancelTimer: (() => void) | undefined;
  private recording: Promise<boolean> | undefined;

  constructor(
    private readonly book: ConsumerBook,
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    /** The name under which this node records; no other node that is running has the same. */
    private readonly nodeId: string,
  ) {
    book.onNoted(() => this.recordAfter(RECORD_AFTER_MS));
  }

  /** Records all that is left, when the node stops and nobody waits any more. */
  async flush(): Promise<void> {
    this.cancelTimer?.();
    await this.recording;
    while (await this.recordSome(true));
    this.cancelTimer?.();
  }

  private recordAfter(delayMs: number): void {
    if (this.recording !== undefined) return;
    this.cancelTimer ??= this.clock.setTimer(() => {
      this.cancelTimer = undefined;
      this.recording = this.recordSome(false);
      void this.recording.then((mayBeMore) => {
        this.recording = undefined;
        if (mayBeMore) this.recordAfter(PAUSE_MS);
        else if (!this.book.isEmpty) this.recordAfter(RECORD_AFTER_MS);
      });
    }, delayMs);
  }

  /** @returns whether more queues may be due */
  private async recordSome(all: boolean): Promise<boolean> {
    const due = this.book.takeDue(QUEUES_PER_COMMAND, all);
    if (due.length === 0) return false;
    const { nodeId } = this;
    const consumers = due.map((queue) => queue.consumers);
    const outcome = await this.commit.submit({ kind: 'recordConsumers', nodeId, consumers });
    for (const queue of due) {
      if (outcome.ok) queue.recorded();
      else queue.failed();
    }
    return outcome.ok && due.length === QUEUES_PER_COMMAND;
  }
}
