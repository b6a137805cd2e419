import { ServerRun } from '../../../server/test/nodes/run-server.js';
import type { CuttingProxy } from './cutting-proxy.js';

export const KEY = 'chaos-key-0123456789';

/** A server behind a proxy, which now and then dies and comes back on its data. */
export class RestartedServer {
  restarts = 0;
  #run: ServerRun | undefined;

  constructor(
    private readonly storeUrl: string,
    private readonly proxy: CuttingProxy,
  ) {}

  async start(): Promise<void> {
    const run = new ServerRun(this.storeUrl, {
      MILLRACE_API_KEY: KEY,
      MILLRACE_LOG_LEVEL: 'error',
    });
    this.#run = run;
    const url = await run.listening();
    if (url === undefined) throw new Error(`the server has not started:\n${run.stderr}`);
    this.proxy.target = new URL(url);
  }

  /** Kills it as a crash does, and starts it again. */
  async restart(): Promise<void> {
    this.proxy.target = undefined;
    await this.#run?.kill();
    this.restarts += 1;
    await this.start();
  }

  async stop(): Promise<void> {
    if (!this.#run?.isRunning) return;
    this.#run.signal('SIGTERM');
    await this.#run.ended();
  }
}
