import { fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageOptions, PublishReturns, Queue } from '@millrace/client';
import { payloadOf } from '../../input/json-input.js';
import { type Line, linesOf } from '../../input/lines.js';
import { counted } from '../../output/counted.js';
import { LineProgress } from '../../output/line-progress.js';
import { afterGrace, orAborted } from '../../session/interrupt.js';
import type { Session } from '../../session/session.js';
import { LineTally } from './line-tally.js';

interface LineFlags {
  readonly text?: true;
  readonly rate?: number;
}

/** Publishes each line of the standard input in batches, in order. */
export async function publishLines(
  session: Session,
  queue: Queue,
  options: MessageOptions,
  flags: LineFlags,
): Promise<void> {
  const { out, interrupted } = session;
  const publisher = queue.publisher();
  const tally = new LineTally();
  const progress = await LineProgress.start(sizeOfInput());
  const pace = paceOf(flags.rate, interrupted);
  let lastWrite: Promise<void> = Promise.resolve();
  const follow = ({ number, endByte }: Line, stored: Promise<PublishReturns>): void => {
    tally.begin(number);
    stored.then(
      (result) => {
        if (typeof result.messageId !== 'string') return tally.markFailed(number, undefined);
        tally.markStored(number);
        progress.show(tally.stored, endByte);
        if (out.isJson) lastWrite = out.record(result, () => '');
        lastWrite.catch(() => undefined);
      },
      (error) => tally.markFailed(number, error),
    );
  };
  // Otherwise Ctrl-C would have to wait for whoever writes the input.
  interrupted.addEventListener('abort', () => process.stdin.destroy());
  let hasMore = false;
  let unreadable: Error | undefined;
  try {
    for await (const line of linesOf(process.stdin)) {
      await pace();
      await orAborted(publisher.ready(), interrupted);
      if (interrupted.aborted || tally.hasFailed) {
        hasMore = true;
        break;
      }
      const payload = payloadOf(line.text, `line ${line.number}`, flags.text);
      follow(line, publisher.publish(payload, options));
    }
  } catch (error) {
    unreadable = error as Error;
    hasMore = true;
  }
  // The publisher takes no signal; what is under way then is told as unknown.
  await orAborted(publisher.close(), afterGrace(interrupted));
  progress.end();
  const stop = interrupted.aborted ? (interrupted.reason as Error) : unreadable;
  // Before the output, which nobody may read any more.
  if (stop !== undefined || tally.hasFailed)
    throw tally.failure(stop, hasMore || interrupted.aborted);
  await lastWrite;
  if (!out.isJson)
    await out.write(`${counted(tally.stored, 'message')} published to ${queue.name}`);
}

/** Waits until the next line may be published. */
function paceOf(rate: number | undefined, signal: AbortSignal): () => Promise<void> {
  if (rate === undefined) return async () => undefined;
  const beganMs = performance.now();
  let lines = 0;
  return async () => {
    const waitMs = beganMs + (lines * 1_000) / rate - performance.now();
    lines += 1;
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  };
}

/** The bytes of a file on the standard input; undefined for a pipe, whose end nobody knows. */
function sizeOfInput(): number | undefined {
  const input = fstatSync(process.stdin.fd);
  return input.isFile() ? input.size : undefined;
}
