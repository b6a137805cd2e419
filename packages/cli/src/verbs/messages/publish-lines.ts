import { fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageOptions, PublishReturns, Queue } from '@millrace/client';
import { CliError, Interrupted } from '../../errors.js';
import { exitCodeOf } from '../../exit-codes.js';
import { payloadOf } from '../../input/json-input.js';
import { type Line, linesOf } from '../../input/lines.js';
import { counted } from '../../output/counted.js';
import { LineProgress } from '../../output/line-progress.js';
import type { Session } from '../../session/session.js';

interface LineFlags {
  readonly text?: true;
  readonly rate?: number;
}

/** What has become of the lines so far. */
interface Tally {
  stored: number;
  refused: number;
  first: { readonly line: number; readonly error: unknown } | undefined;
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
  const tally: Tally = { stored: 0, refused: 0, first: undefined };
  const progress = await LineProgress.start(sizeOfInput());
  const pace = paceOf(flags.rate, interrupted);
  let lastWrite: Promise<void> = Promise.resolve();
  const follow = (line: Line, stored: Promise<PublishReturns>): void => {
    stored.then(
      (result) => {
        tally.stored += 1;
        progress.show(tally.stored, line.bytesRead);
        if (out.isJson) lastWrite = out.record(result, () => '');
        lastWrite.catch(() => undefined);
      },
      (error) => {
        tally.refused += 1;
        tally.first ??= { line: line.number, error };
      },
    );
  };
  // Otherwise Ctrl-C would have to wait for whoever writes the input.
  interrupted.addEventListener('abort', () => process.stdin.destroy());
  try {
    for await (const line of linesOf(process.stdin)) {
      await pace();
      if (interrupted.aborted || tally.refused > 0) break;
      await publisher.ready();
      const payload = payloadOf(line.text, `line ${line.number}`, flags.text);
      follow(line, publisher.publish(payload, options));
    }
  } catch (error) {
    await publisher.close();
    throw stopped(tally, interrupted.reason ?? error);
  } finally {
    await publisher.close();
    progress.end();
  }
  await lastWrite;
  if (tally.first !== undefined) throw refusedLines(tally, tally.first);
  if (interrupted.reason instanceof Interrupted) throw stopped(tally, interrupted.reason);
  if (!out.isJson)
    await out.write(`${counted(tally.stored, 'message')} published to ${queue.name}`);
}

/** The failure, with what was stored before it, so that the rest can be published afterwards. */
function stopped({ stored }: Tally, error: unknown): unknown {
  if (!(error instanceof CliError)) return error;
  const { message, hint, exitCode } = error;
  return new CliError(`${message} (${counted(stored, 'message')} stored before)`, hint, exitCode);
}

function refusedLines({ stored, refused }: Tally, { line, error }: NonNullable<Tally['first']>) {
  const { message, code, status } = error as Error & { code: string; status: number | undefined };
  return new CliError(
    `line ${line} was refused: ${message} (${counted(stored, 'message')} stored, ${refused} refused)`,
    (error as { hint?: string }).hint,
    exitCodeOf(code, status),
  );
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
