import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Handler,
  type Millrace,
  type Queue,
  Worker,
  type WorkerOptions,
} from '@millrace/client';
import { expressReceiver, type PushHandler } from '@millrace/client/receiver';

/** A queue of the demo, with whoever publishes to it and takes from it. */
export interface Scene {
  readonly queue: string;
  readonly about: string;
  play(stage: Stage): Promise<void>;
}

export interface Receiver {
  readonly url: string;
  /** What the pushes are to be signed with. */
  readonly secret: string;
}

const REPORT_AFTER_MS = 1_000;
const SECRET = 'the secret of the demo is none';

/** What the scenes work with. All of it lasts until the process ends. */
export class Stage {
  private isOver = false;

  constructor(private readonly millrace: Millrace) {}

  /** From here on it is no news that the server cannot be reached. */
  end(): void {
    this.isOver = true;
  }

  async queue<T>(name: string, settings: Parameters<Queue['create']>[0] = {}): Promise<Queue<T>> {
    const queue = this.millrace.queue<T>(name);
    await queue.create(settings);
    return queue;
  }

  /** Does something at once, and then again and again. */
  every(intervalMs: number, work: () => Promise<unknown>): void {
    const workOnce = (): void => {
      work().catch((error) => this.report(error));
    };
    workOnce();
    setInterval(workOnce, intervalMs);
  }

  work<T>(queue: Queue<T>, handler: Handler<T>, options: WorkerOptions = {}): void {
    const worker = new Worker(queue, handler, options);
    worker.on('callFailed', ({ error }) => this.report(error));
  }

  /** Starts a receiver of pushes. What the handler throws fails a push, as nobody needs to be told. */
  async receiver(handler: PushHandler<unknown>): Promise<Receiver> {
    const receive = expressReceiver(handler, { secret: SECRET, onError: () => undefined });
    const server = createServer((request, response) => void receive(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/pushes`, secret: SECRET };
  }

  private report(error: unknown): void {
    // A terminal signals the server as well, which may stop before this process learns of it.
    setTimeout(() => {
      if (!this.isOver) console.error('demo:', (error as Error).message);
    }, REPORT_AFTER_MS);
  }
}
