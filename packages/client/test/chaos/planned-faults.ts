import type { HandlerLog } from './handler-log.js';
import type { RestartedServer } from './restarted-server.js';
import type { WorkerProcesses } from './worker-processes.js';

export interface PlannedFaultsOptions {
  readonly messages: number;
  readonly restarts: number;
  /** Messages that are handled between two kills of a worker, on average. */
  readonly killEvery: number;
  readonly progress?: (text: string) => void;
}

/** Kills of workers and restarts of the server, each after a planned number of messages. */
export class PlannedFaults {
  #nextKillAt: number;

  constructor(
    private readonly options: PlannedFaultsOptions,
    private readonly log: HandlerLog,
    private readonly workers: WorkerProcesses,
    private readonly server: RestartedServer,
  ) {
    this.#nextKillAt = options.killEvery / 2;
  }

  /**
   * Messages that may be published before the next fault, so that the run cannot end without it, however
   * late this process gets a core.
   */
  get publishedMax(): number {
    return Math.min(this.#nextKillAt, this.#nextRestartAt) + this.options.killEvery;
  }

  /** Lets those faults happen that are due. */
  async happen(): Promise<void> {
    if (this.log.handled > this.#nextKillAt) {
      await this.workers.killOne();
      this.#nextKillAt += this.options.killEvery * (0.5 + Math.random());
    }
    if (this.log.handled > this.#nextRestartAt) {
      this.options.progress?.(`the server is restarted after ${this.log.handled} messages`);
      await this.server.restart();
    }
  }

  get #nextRestartAt(): number {
    const { messages, restarts } = this.options;
    const done = this.server.restarts;
    return done < restarts ? (messages * (done + 1)) / (restarts + 2) : Number.POSITIVE_INFINITY;
  }
}
