import { type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type Refusal, RefusalError } from '../../core/refusal.js';

/** A worker thread that answers each request once, and may speak up by itself. */
export class ThreadChannel<Request, Answer> {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending<Answer>>();
  private lastId = 0;
  private exited: Error | null = null;

  /** @param youngGenerationMib what a thread makes is short-lived; more than this only takes memory */
  constructor(
    file: URL,
    workerData: unknown,
    youngGenerationMib: number,
    onExit: (cause: Error) => void,
  ) {
    this.worker = new Worker(file, {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMib },
    });
    this.worker.on('message', (replies: Reply<Answer>[]) => {
      for (const reply of replies) this.settle(reply);
    });
    this.worker.on('error', (error) => this.fail(error, onExit));
    this.worker.on('exit', (code) => this.fail(new Error(`thread ended with ${code}`), onExit));
  }

  call(request: Request): Promise<Answer> {
    if (this.exited !== null) return Promise.reject(this.exited);
    return new Promise((resolve, reject) => {
      this.lastId += 1;
      this.pending.set(this.lastId, { resolve, reject });
      this.worker.postMessage({ id: this.lastId, request });
    });
  }

  async stop(): Promise<void> {
    this.exited ??= new Error('the thread was stopped');
    await this.worker.terminate();
  }

  private settle({ id, answer, error }: Reply<Answer>): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (error === undefined) pending?.resolve(answer as Answer);
    else pending?.reject(rebuild(error));
  }

  private fail(error: Error, onExit: (cause: Error) => void): void {
    if (this.exited !== null) return;
    this.exited = error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    onExit(error);
  }
}

interface Pending<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface Reply<Answer> {
  readonly id: number;
  readonly answer?: Answer;
  readonly error?: ThreadError;
}

/** Errors lose their class and code on their way through a thread boundary. */
interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly refusal?: Refusal;
}

function rebuild({ name, message, code, refusal }: ThreadError): Error {
  if (refusal !== undefined) return new RefusalError(refusal);
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}

/**
 * The thread's side. `handle` is given all requests that have come in since it last ran, and
 * answers them in order; what it throws answers them all.
 */
export function serveThread<Request, Answer>(
  port: MessagePort,
  handle: (requests: readonly Request[]) => readonly Answer[],
): void {
  port.on('message', (first: Envelope<Request>) => {
    const envelopes = [first];
    for (;;) {
      const next = receiveMessageOnPort(port) as { message: Envelope<Request> } | undefined;
      if (next === undefined) break;
      envelopes.push(next.message);
    }
    port.postMessage(replies(envelopes, handle));
  });
}

function replies<Request, Answer>(
  envelopes: readonly Envelope<Request>[],
  handle: (requests: readonly Request[]) => readonly Answer[],
): Reply<Answer>[] {
  try {
    const answers = handle(envelopes.map(({ request }) => request));
    return envelopes.map(({ id }, index) => ({ id, answer: answers[index] as Answer }));
  } catch (thrown) {
    const { name, message, code, refusal } = thrown as ThreadError;
    const error = {
      name,
      message,
      ...(code === undefined ? {} : { code }),
      ...(refusal === undefined ? {} : { refusal }),
    };
    return envelopes.map(({ id }) => ({ id, error }));
  }
}

interface Envelope<Request> {
  readonly id: number;
  readonly request: Request;
}
