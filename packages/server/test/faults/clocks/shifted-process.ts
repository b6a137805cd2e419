import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JumpingClock } from './jumping-clock.js';

const PRELOAD_URL = new URL('./shifted-date.mjs', import.meta.url).href;

/** The wall clock of node processes, which read from a file how far it is off. */
export class ShiftedProcess implements JumpingClock {
  readonly nodeFlags = ['--import', PRELOAD_URL];
  readonly environment: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #path: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'shift-ms');
    this.environment = { FAULTS_CLOCK_SHIFT_FILE: this.#path };
  }

  static async create(): Promise<ShiftedProcess> {
    const clock = new ShiftedProcess(await mkdtemp(join(tmpdir(), 'millrace-clock-')));
    await clock.shiftTo(0);
    return clock;
  }

  async shiftTo(shiftMs: number): Promise<void> {
    // In one step, so that no process reads half of it.
    await writeFile(`${this.#path}.next`, String(shiftMs));
    await rename(`${this.#path}.next`, this.#path);
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
