import { spawnSync } from 'node:child_process';

/** Whether the tool is installed with which Prometheus checks its files. */
export const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;

if (!hasPromtool) {
  process.stdout.write(
    'promtool is missing, so the metrics, the alert rules and the dashboard are not checked by it: apt-get install prometheus\n',
  );
}

export interface PromtoolRun {
  readonly status: number | null;
  readonly output: string;
}

/** @param input what it reads from stdin */
export function promtool(args: readonly string[], input = ''): PromtoolRun {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}
