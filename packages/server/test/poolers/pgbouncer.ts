import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from '../faults/load/pause.js';
import { freePort } from '../harness/free-port.js';

export type PoolMode = 'session' | 'transaction';

const STARTS_WITHIN_MS = 20_000;
/** Where Debian installs it, which is not in every path. */
const PROGRAMS = ['pgbouncer', '/usr/sbin/pgbouncer'];

const program = PROGRAMS.find((name) => spawnSync(name, ['--version']).status === 0);

/** The reason why no suite can run here; undefined when it can. */
export const MISSING =
  program === undefined ? 'pgbouncer is not installed; run: apt-get install pgbouncer' : undefined;

/** A PgBouncer in front of one PostgreSQL, with default settings as far as they matter here. */
export class PgBouncer {
  private constructor(
    /** The url of the database by way of the pooler. */
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(databaseUrl: string, mode: PoolMode): Promise<PgBouncer> {
    const target = new URL(databaseUrl);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-pgbouncer-'));
    const port = await freePort();
    const users = join(folder, 'users');
    const settings = join(folder, 'settings.ini');
    await writeFile(users, `"${target.username}" "${decodeURIComponent(target.password)}"\n`);
    await writeFile(settings, settingsOf(target, mode, port, users));
    // It drops root privileges, and then reads the files again.
    await chmod(folder, 0o755);
    const child = spawn(program as string, ['-q', settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    const pooler = new PgBouncer(url.toString(), child, folder);
    const endAtMs = performance.now() + STARTS_WITHIN_MS;
    while (!(await accepts(port))) {
      if (child.exitCode !== null || performance.now() > endAtMs) {
        await pooler.stop();
        throw new Error(`pgbouncer did not start: ${said}`);
      }
      await pause(20);
    }
    return pooler;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

const settingsOf = (target: URL, mode: PoolMode, port: number, users: string): string => `
[databases]
* = host=${target.hostname} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${mode}
server_login_retry = 1
${process.getuid?.() === 0 ? 'user = nobody' : ''}
`;

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
