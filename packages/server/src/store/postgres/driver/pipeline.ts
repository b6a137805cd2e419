import type { ClientBase, PoolClient } from 'pg';
import { Batch } from './batch.js';
import type { Parameter } from './parameters.js';

/**
 * Sends statements down one connection and remembers their answers until somebody asks. What is
 * sent in one go leaves as one batch; what follows while that is under way is the next.
 */
export class Pipeline {
  private readonly sent: Promise<unknown>[] = [];
  private gathering: Batch | undefined;
  private isUnderWay = false;
  /** What went wrong first: statements after it fail only because it did. */
  firstFailure: unknown;

  constructor(
    readonly client: ClientBase | PoolClient,
    private readonly prepares: boolean,
  ) {}

  /** @returns the rows; a failure also shows in `settled`. */
  query<Row>(text: string, values: readonly Parameter[] = []): Promise<Row[]> {
    this.gathering ??= this.newBatch();
    const answer = this.gathering.add(text, values);
    // It shows where it is waited for, or in `settled`.
    answer.catch(() => undefined);
    this.sent.push(answer);
    return answer as Promise<Row[]>;
  }

  /** Sends without anyone waiting for the answer but `settled`. */
  send(text: string, values: readonly Parameter[] = []): void {
    void this.query(text, values);
  }

  /** Nothing that has not left yet will: who decides has failed. */
  fail(error: unknown): void {
    this.firstFailure ??= error;
  }

  /** Waits for all that was sent; rejects with the first failure. */
  async settled(): Promise<void> {
    await Promise.all(this.sent);
  }

  private newBatch(): Batch {
    process.nextTick(() => this.submit());
    return new Batch(this.prepares, (error) => {
      this.isUnderWay = false;
      this.firstFailure ??= error;
      this.submit();
    });
  }

  private submit(): void {
    if (this.isUnderWay || this.gathering === undefined) return;
    const batch = this.gathering;
    this.gathering = undefined;
    if (this.firstFailure !== undefined) {
      batch.handleError(this.firstFailure);
      return;
    }
    this.isUnderWay = true;
    this.client.query(batch);
  }
}
