import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface SessionOptions {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly withinMs: number;
}

export interface BlockResult {
  /** The exit status of the block's last command; undefined if the session ended before it. */
  readonly status: number | undefined;
  /** The output of the block on both streams, with the name of any command that failed. */
  readonly printed: string;
}

const END_OF_BLOCK = '--- end of block:';
const REPORT_FAILURE = `trap 'echo "failed: $BASH_COMMAND"' ERR`;

/** Runs blocks in one bash, as if they were pasted one after another. */
export async function runInOneShell(
  blocks: readonly string[],
  { folder, environment, withinMs }: SessionOptions,
): Promise<BlockResult[]> {
  const pasted = blocks.map((block) => `${block}\necho "${END_OF_BLOCK} $?"\n`);
  const script = ['exec 2>&1', REPORT_FAILURE, ...pasted].join('\n');
  // In its own process group, so that no background process is left behind.
  const shell = spawn('bash', ['-c', script], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  let printed = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const group = -(shell.pid as number);
  const closed = once(shell, 'close');
  const limit = setTimeout(() => endGroup(group), withinMs);
  await once(shell, 'exit');
  clearTimeout(limit);
  endGroup(group);
  await closed;
  return resultsOf(printed, blocks.length);
}

function endGroup(group: number): void {
  try {
    process.kill(group, 'SIGKILL');
  } catch {
    // All of its processes have ended.
  }
}

function resultsOf(printed: string, count: number): BlockResult[] {
  const parts = printed.split(new RegExp(`${END_OF_BLOCK} (\\d+)\\n`));
  return Array.from({ length: count }, (_, index) => {
    const status = parts[index * 2 + 1];
    return {
      printed: parts[index * 2] ?? '',
      status: status === undefined ? undefined : Number(status),
    };
  });
}
