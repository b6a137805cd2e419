import { type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { monotonicMs } from '../../../core/clock.js';
import { causeOf } from '../../../core/fault.js';
import { type Refusal, RefusalError, refuse } from '../../../core/refusal.js';

/** After a thread could not start, requests are refused for this time, then it is tried again. */
const START_AGAIN_AFTER_MS = 1_000;

/**
 * A worker thread that answers each request once. It starts with the first request, or when told to. The
 * process may lack file descriptors then, because clients have taken them all: a thread that cannot start
 * refuses its requests, and starts with a later one. A thread that has started and ends is a failure.
 */
export class ThreadChannel<Request, Answer> {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending<Answer>>();
  private lastId = 0;
  private exited: Error | null = null;
  private isReady = false;
  private whyNotStarted: Error | undefined;
  private startAgainAtMs = Number.NEGATIVE_INFINITY;

  /** @param youngGenerationMib a thread's objects are short-lived; a larger heap only costs memory */
  constructor(
    private readonly file: URL,
    private readonly workerData: unknown,
    private readonly youngGenerationMib: number,
    private readonly onExit: (cause: Error) => void,
    /** Whether a thread that cannot start now may start later, and is not a failure. */
    private readonly startsLater = false,
  ) {}

  start(): void {
    if (this.exited === null && this.mayStart()) this.worker ??= this.startWorker();
  }

  call(request: Request): Promise<Answer> {
    if (this.exited !== null) return Promise.reject(this.exited);
    if (!this.mayStart()) return Promise.reject(notStarted(this.whyNotStarted));
    this.worker ??= this.startWorker();
    const { worker } = this;
    return new Promise((resolve, reject) => {
      this.lastId += 1;
      this.pending.set(this.lastId, { resolve, reject });
      worker.postMessage({ id: this.lastId, request });
    });
  }

  async stop(): Promise<void> {
    this.exited ??= new Error('the thread was stopped');
    await this.worker?.terminate();
  }

  private startWorker(): Worker {
    const worker = new Worker(this.file, {
      workerData: this.workerData,
      resourceLimits: { maxYoungGenerationSizeMb: this.youngGenerationMib },
    });
    worker.on('message', (replies: Reply<Answer>[]) => {
      this.isReady = true;
      for (const reply of replies) this.settle(reply);
    });
    const ended = (error: Error): void => {
      if (this.worker !== worker) return;
      if (this.isReady || !this.startsLater) this.fail(error);
      else this.startFailed(error);
    };
    worker.on('error', ended);
    worker.on('exit', (code) => ended(new Error(`thread ended with ${code}`)));
    return worker;
  }

  private mayStart(): boolean {
    return this.worker !== undefined || monotonicMs() >= this.startAgainAtMs;
  }

  private startFailed(error: Error): void {
    this.worker = undefined;
    this.whyNotStarted = error;
    this.startAgainAtMs = monotonicMs() + START_AGAIN_AFTER_MS;
    this.rejectAll(notStarted(error));
  }

  private settle({ id, answer, error }: Reply<Answer>): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (error === undefined) pending?.resolve(answer as Answer);
    else pending?.reject(rebuild(error));
  }

  private fail(error: Error): void {
    if (this.exited !== null) return;
    this.exited = error;
    this.rejectAll(error);
    this.onExit(error);
  }

  private rejectAll(error: Error): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
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

const notStarted = (error: unknown): RefusalError =>
  new RefusalError(
    refuse('STORE_UNAVAILABLE', 'A thread of the store cannot start; nothing was done.', {
      hint: 'Wait as Retry-After says, then try again.',
      fault: { cause: causeOf(error) },
    }),
  );

/** Errors lose their class and code when they cross a thread boundary. */
interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly refusal?: Refusal;
}

function rebuild({ name, message, code, stack, refusal }: ThreadError): Error {
  if (refusal !== undefined) return new RefusalError(refusal);
  const more = { ...(code !== undefined && { code }), ...(stack !== undefined && { stack }) };
  return Object.assign(new Error(message), { name }, more);
}

/** The answer to a request that failed. */
export class Failure {
  constructor(readonly error: unknown) {}
}

export interface Serving<Answer> {
  /** How many answers are posted together; 1 if each takes long to make. */
  readonly answersAtOnce: number;
  /** The size of an answer: large answers are posted soon, so that they do not pile up. */
  readonly bytesOf?: (answer: Answer) => number;
}

const POSTED_BYTES_MAX = 1024 * 1024;

/**
 * The thread's side. `handle` gets all waiting requests, and answers one or more of the first ones
 * together. If it throws, only the first request fails.
 */
export function serveThread<Request, Answer>(
  port: MessagePort,
  handle: (requests: readonly Request[]) => readonly (Answer | Failure)[],
  { answersAtOnce, bytesOf = () => 0 }: Serving<Answer>,
): void {
  port.on('message', (first: Envelope<Request>) => {
    const waiting = [first];
    let replies: Reply<Answer>[] = [];
    let bytes = 0;
    while (waiting.length > 0) {
      takeWaiting(port, waiting);
      const answered = replyTo(waiting, handle);
      waiting.splice(0, answered.length);
      replies.push(...answered);
      for (const { answer } of answered) if (answer !== undefined) bytes += bytesOf(answer);
      const isTime = replies.length >= answersAtOnce || bytes >= POSTED_BYTES_MAX;
      if (!isTime && waiting.length > 0) continue;
      port.postMessage(replies);
      replies = [];
      bytes = 0;
      takeWaiting(port, waiting);
    }
  });
  // A message without answers says that the thread has started.
  port.postMessage([]);
}

function takeWaiting<Request>(port: MessagePort, waiting: Envelope<Request>[]): void {
  for (;;) {
    const next = receiveMessageOnPort(port) as { message: Envelope<Request> } | undefined;
    if (next === undefined) return;
    waiting.push(next.message);
  }
}

function replyTo<Request, Answer>(
  waiting: readonly Envelope<Request>[],
  handle: (requests: readonly Request[]) => readonly (Answer | Failure)[],
): Reply<Answer>[] {
  const answers = answersOf(
    waiting.map(({ request }) => request),
    handle,
  );
  return answers.map((answer, index) => {
    const { id } = waiting[index] as Envelope<Request>;
    return answer instanceof Failure ? { id, error: portable(answer.error) } : { id, answer };
  });
}

function answersOf<Request, Answer>(
  requests: readonly Request[],
  handle: (requests: readonly Request[]) => readonly (Answer | Failure)[],
): readonly (Answer | Failure)[] {
  try {
    return handle(requests);
  } catch (error) {
    return [new Failure(error)];
  }
}

function portable(thrown: unknown): ThreadError {
  const { name, message, code, stack, refusal } = thrown as ThreadError;
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

interface Envelope<Request> {
  readonly id: number;
  readonly request: Request;
}
