import { randomBytes } from 'node:crypto';
import { JsonText, type Queue } from '@millrace/client';
import { UsageError } from '../../errors.js';
import { table } from '../../output/table.js';
import { answerWith } from '../../session/answer-with.js';
import { afterGrace } from '../../session/interrupt.js';
import { BRIEF, type Session } from '../../session/session.js';
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
  // A publish that outlived the end of its call could create the queue again.
  const ended = afterGrace(interrupted);
  try {
    // The fast client does not look at answers.
    answerWith(await queue.create({ signal: interrupted }), 'queue');
  } catch (error) {
    if (interrupted.aborted) await remove(session, queue);
    throw error;
  }
  try {
    const signals = { interrupted, ended };
    const publish = await timeStep('publish', flags, publishing(queue, flags, signals));
    const consume = await timeStep('consume and ack', flags, consuming(queue, flags, signals));
    interrupted.throwIfAborted();
    const steps = [publish, consume];
    const { messages, batch, concurrency, size } = flags;
    const result = { messages, batch, concurrency, sizeBytes: size, steps };
    await out.record(result, () => table(COLUMNS, steps.map(rowOf)));
  } catch (error) {
    await remove(session, queue);
    throw error;
  }
  await queue.delete({ signal: interrupted });
}

/** Deletes the queue of a run that failed, or says how to, without hiding the failure. */
async function remove({ out }: Session, queue: Queue): Promise<void> {
  try {
    await queue.delete(BRIEF);
  } catch {
    const command = `millrace queue delete ${queue.name} --yes`;
    out.note(`millrace: the queue of this run may be left; delete it with: ${command}`);
  }
}

interface Signals {
  /** No call begins after it. */
  readonly interrupted: AbortSignal;
  /** Ends the calls that are still under way. */
  readonly ended: AbortSignal;
}

/** Publishes one batch. @returns how many messages it had */
function publishing(queue: Queue, flags: BenchFlags, { interrupted, ended }: Signals) {
  const { messages, size } = flags;
  const payload = new JsonText(JSON.stringify('x'.repeat(Math.max(0, size - 2))));
  let left = messages;
  return async (): Promise<number> => {
    const count = interrupted.aborted ? 0 : Math.min(flags.batch, left);
    left -= count;
    const batch = Array.from({ length: count }, () => ({ payload }));
    if (count > 0) await queue.publishBatch(batch, { signal: ended });
    return count;
  };
}

/** Consumes and acks one batch; 0 when the queue is empty. */
const consuming =
  (queue: Queue, { batch }: BenchFlags, { interrupted, ended: signal }: Signals) =>
  async () => {
    if (interrupted.aborted) return 0;
    const answer = await queue.consume({ maxMessages: batch, signal });
    const { messages } = answerWith(answer, 'messages');
    if (messages.length > 0) await queue.ackBatch(messages, { signal });
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
