import { expect } from 'vitest';
import type { Json } from '../harness/http-server.js';
import type { ServerRun } from '../nodes/run-server.js';

/** All lines that the server has written to stderr; a line that is not a JSON object fails the test. */
export function linesOf({ stderr }: Pick<ServerRun, 'stderr'>): Json[] {
  const lines = stderr.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => {
    const parsed = JSON.parse(line);
    expect(parsed).toMatchObject({
      level: expect.stringMatching(/^(trace|debug|info|warn|error)$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      msg: expect.any(String),
    });
    return parsed;
  });
}

/** The lines with this message, in order. */
export const saying = (run: Pick<ServerRun, 'stderr'>, message: string): Json[] =>
  linesOf(run).filter(({ msg }) => msg === message);

/** Waits for a line with this message, and returns the first one. */
export async function untilSaid(
  run: Pick<ServerRun, 'stderr'>,
  message: string,
  timeoutMs = 30_000,
): Promise<Json> {
  const found = (): boolean => run.stderr.includes(JSON.stringify(message));
  await expect.poll(found, { timeout: timeoutMs, message: `${message}\n${run.stderr}` }).toBe(true);
  // A later line may have arrived only in part.
  const whole = run.stderr.slice(0, run.stderr.lastIndexOf('\n') + 1);
  return saying({ stderr: whole }, message)[0];
}
