import { randomBytes } from 'node:crypto';
import { JsonText, type Queue } from '@millrace/client';
import { Interrupted, UsageError } from '../../errors.js';
import { table } from '../../output/table.js';
import type { Session } from '../../session/session.js';
import { type Step, timeStep } from './bench-step.js';

export interface BenchFlags {
  readonly messages: number;
  readonly batch: number;
  readonly concurrency: number;
  readonly size: number;
}

const MAX_BATCH = 1_000;

/** Fills a queue of its own, empties it, and prints the rates and the latencies of the calls. */
export async function runBench(session: Session, flags: BenchFlags): Promise<void> {
  if (flags.batch > MAX_BATCH) throw new UsageError(`--batch must be at most ${MAX_BATCH}`);
  const { out, interrupted } = session;
  const queue = (await session.fastClient()).queue(`bench-${randomBytes(6).toString('hex')}`);
  await queue.create();
  try {
    const publish = await timeStep('publish', flags, publishing(queue, flags, interrupted));
    const consume = await timeStep('consume and ack', flags, consuming(queue, flags, interrupted));
    if (interrupted.reason instanceof Interrupted) throw interrupted.reason;
    const steps = [publish, consume];
    const { messages, batch, concurrency, size } = flags;
    const result = { messages, batch, concurrency, sizeBytes: size, steps };
    await out.record(result, () => table(COLUMNS, steps.map(rowOf)));
  } finally {
    await queue.delete();
  }
}

/** Publishes one batch. @returns how many messages it had */
function publishing(queue: Queue, { messages, batch, size }: BenchFlags, signal: AbortSignal) {
  const payload = new JsonText(JSON.stringify('x'.repeat(Math.max(0, size - 2))));
  let left = messages;
  return async (): Promise<number> => {
    const count = signal.aborted ? 0 : Math.min(batch, left);
    left -= count;
    if (count > 0) await queue.publishBatch(Array.from({ length: count }, () => ({ payload })));
    return count;
  };
}

/** Consumes and acks one batch; 0 when the queue is empty. */
const consuming =
  (queue: Queue, { batch }: BenchFlags, signal: AbortSignal) =>
  async () => {
    if (signal.aborted) return 0;
    const { messages } = await queue.consume({ maxMessages: batch });
    if (messages.length > 0) await queue.ackBatch(messages);
    return messages.length;
  };

const COLUMNS = ['STEP', 'MESSAGES', 'MESSAGES/S', 'P50, MS', 'P99, MS'];

const rowOf = (step: Step) => [
  step.name,
  step.messages,
  Math.round(step.messagesPerSecond),
  Number(step.p50Ms.toFixed(1)),
  Number(step.p99Ms.toFixed(1)),
];
