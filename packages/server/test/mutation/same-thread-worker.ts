import { EventEmitter } from 'node:events';
import type { MessagePort } from 'node:worker_threads';

/**
 * Replaces `node:worker_threads` in a mutation run: a thread of the store is a module of this thread,
 * loaded again behind a pair of ports. A mutant is then active in the store, too, and counts as covered
 * there; a real thread would load the built files.
 */
const { MessageChannel, receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads');

export { receiveMessageOnPort };

/** Read by the module that is being loaded, as the variables of its thread. */
export let parentPort: MessagePort | null = null;
export let workerData: unknown;

let loading: Promise<void> = Promise.resolve();
let started = 0;

export class Worker extends EventEmitter {
  private readonly port: MessagePort;
  private readonly inner: MessagePort;

  constructor(file: URL, { workerData: data }: { workerData: unknown }) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.inner = port2;
    port1.on('message', (message) => this.emit('message', message));
    // One after the other, since each reads its data while it is loaded.
    loading = loading.then(() => this.load(file, structuredClone(data)));
  }

  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }

  async terminate(): Promise<number> {
    this.port.close();
    this.inner.close();
    return 0;
  }

  private async load(file: URL, data: unknown): Promise<void> {
    started += 1;
    parentPort = this.inner;
    workerData = data;
    const source = file.pathname.replace(/\.js$/, '.ts');
    try {
      await import(/* @vite-ignore */ `${source}?thread=${started}`);
    } catch (error) {
      this.emit('error', error);
    }
  }
}
