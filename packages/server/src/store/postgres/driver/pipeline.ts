import type { ClientBase, PoolClient } from 'pg';
import { Batch } from './batch.js';
import type { Parameter } from './parameters.js';

/**
 * Sends statements on one connection and keeps their answers until somebody awaits them. Statements that
 * are queued in one turn form a batch; those queued while a batch is under way form the next.
 */
export class Pipeline {
  private readonly sent: Promise<unknown>[] = [];
  private gathering: Batch | undefined;
  private isUnderWay = false;
  /** The first failure: later statements fail only because of it. */
  firstFailure: unknown;

  constructor(
    readonly client: ClientBase | PoolClient,
    private readonly prepares: boolean,
  ) {}

  /** @returns the rows; a failure also shows in `settled`. */
  query<Row>(text: string, values: readonly Parameter[] = []): Promise<Row[]> {
    this.gathering ??= this.newBatch();
    const answer = this.gathering.add(text, values);
    // A failure shows where the answer is awaited, or in `settled`.
    answer.catch(() => undefined);
    this.sent.push(answer);
    return answer as Promise<Row[]>;
  }

  /** Sends a statement whose answer only `settled` awaits. */
  send(text: string, values: readonly Parameter[] = []): void {
    void this.query(text, values);
  }

  /** Sends no more statements, after a failure in the code that uses them. */
  fail(error: unknown): void {
    this.firstFailure ??= error;
  }

  /** Waits for all statements that were sent; rejects with the first failure. */
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
