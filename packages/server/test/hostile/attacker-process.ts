import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AttackJob, AttackOrder, AttackResult } from './attack.js';

const CHILD_PATH = fileURLToPath(new URL('./attacker-child.ts', import.meta.url));
const STDERR_KEPT_CHARS = 2_000;

/** Attackers run in separate processes, so that they do not slow down the victim's measurements. */
export class AttackerProcess {
  private readonly child: ChildProcess;
  private stderr = '';

  constructor() {
    this.child = fork(CHILD_PATH, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-STDERR_KEPT_CHARS);
    });
  }

  prepare(job: AttackJob): Promise<AttackResult> {
    return this.carryOut({ order: 'prepare', job });
  }

  run(job: AttackJob): Promise<AttackResult> {
    return this.carryOut({ order: 'run', job });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private carryOut(order: AttackOrder): Promise<AttackResult> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`the attacker ended early\n${this.stderr}`));
      child.once('exit', ended);
      child.once('message', (result: AttackResult) => {
        child.off('exit', ended);
        resolve(result);
      });
      child.send(order);
    });
  }
}
