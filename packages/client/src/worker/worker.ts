import { onStopSignal, type ProbeServer, serveProbes } from '#host';
import type { ConsumedQueue } from '../api/queue.js';
import { invalidOption } from '../errors.js';
import { reportFailure } from '../user-code.js';
import { Condition } from './condition.js';
import { Consumption } from './consumption.js';
import { newCounters, type WorkerCounters } from './counters.js';
import { Dispatcher } from './dispatcher.js';
import { Emitter, type Listener, type WorkerEvent, type WorkerEvents } from './events.js';
import { Fetcher } from './fetcher.js';
import type { Handler, Workplace } from './handled-delivery.js';
import { type WorkerHealth, type WorkerState, waitsFor } from './health.js';
import { Lookahead } from './lookahead.js';
import { type WorkerOptions, type WorkerSettings, workerSettings } from './options.js';
import { ServerContact } from './server-contact.js';
import { Settler } from './settling/settler.js';

/** How long a stop waits for the server, once no handler runs any more. */
const LAST_ANSWERS_MS = 5_000;

/**
 * Has a handler do the work of each message of a queue: fetches, keeps leases, acks, and reports
 * failures. It goes on through outages of the server, however long, and says so in its events.
 */
export class Worker<T = unknown> {
  readonly #settings: WorkerSettings;
  readonly #options: WorkerOptions;
  readonly #queueName: string;
  readonly #emitter = new Emitter();
  readonly #changed = new Condition();
  readonly #counters = newCounters();
  readonly #contact: ServerContact;
  readonly #settler: Settler;
  readonly #consumption: Consumption;
  readonly #dispatcher: Dispatcher;
  readonly #fetcher: Fetcher;
  #state: WorkerState = 'new';
  #fetching: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #ignoreSignals: (() => void) | undefined;
  #probes: Promise<ProbeServer> | undefined;

  /** @throws MillraceError `INVALID_OPTION` */
  constructor(queue: ConsumedQueue<T>, handler: Handler<T>, options: WorkerOptions = {}) {
    // Callers without types may pass the name of a queue.
    if (!queue?.consume) throw invalidOption('the queue must be a Queue');
    if (typeof handler !== 'function') throw invalidOption('the handler must be a function');
    this.#settings = workerSettings(options);
    this.#options = options;
    this.#queueName = queue.name;
    const { emit } = this.#emitter;
    this.#contact = new ServerContact(emit);
    this.#settler = new Settler(queue, this.#contact);
    const place: Workplace = {
      queue,
      handler: handler as Handler<unknown>,
      settings: this.#settings,
      settler: this.#settler,
      counters: this.#counters,
      emit,
    };
    const lookahead = new Lookahead();
    this.#consumption = new Consumption(queue, this.#settings, this.#contact);
    this.#dispatcher = new Dispatcher(
      this.#settings.concurrency,
      lookahead,
      this.#contact,
      this.#changed,
    );
    this.#fetcher = new Fetcher(place, {
      consumption: this.#consumption,
      dispatcher: this.#dispatcher,
      lookahead,
      contact: this.#contact,
      changed: this.#changed,
    });
    this.#watchCalls();
    if (options.autoStart ?? true) queueMicrotask(() => this.start());
  }

  /** @returns a function that removes the listener */
  on<Name extends WorkerEvent>(name: Name, listener: Listener<WorkerEvents[Name]>): () => void {
    return this.#emitter.on(name, listener);
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** What it has done so far. */
  get counters(): Readonly<WorkerCounters> {
    return { ...this.#counters };
  }

  /** Begins to fetch. A worker that was stopped stays stopped. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    if (this.#options.signals) this.#ignoreSignals = onStopSignal(() => void this.stop());
    const { probePort } = this.#settings;
    if (probePort !== undefined) void this.#serveProbes(probePort);
    this.#fetching = this.#fetcher.run();
    this.#emitter.emit('started', {});
  }

  /** Fetches no more until `resume`. Handlers that run, and a fetch under way, are finished. */
  pause(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#fetcher.isPaused = true;
    this.#emitter.emit('paused', {});
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#fetcher.isPaused = false;
    this.#changed.notify();
    this.#emitter.emit('resumed', {});
  }

  /**
   * Finishes what runs and returns the rest without counting failures. Handlers that are not done after
   * `stopTimeoutMs` have their signals aborted. It never fails, and may be called again.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** What it does now, for people and probes. */
  health(): WorkerHealth {
    const { failures, lastError } = this.#contact;
    return {
      queue: this.#queueName,
      state: this.#state,
      waitsFor: waitsFor({
        state: this.#state,
        failures,
        isFetching: this.#fetcher.isFetching,
        isFull: this.#dispatcher.running >= this.#settings.concurrency,
      }),
      lastFetchAt: this.#fetcher.lastFetchAt?.toISOString(),
      running: this.#dispatcher.running,
      settling: this.#dispatcher.settling,
      failures,
      lastError: lastError && { code: lastError.code, message: lastError.message },
    };
  }

  /** The port of the probes, once they are served. */
  async probePort(): Promise<number | undefined> {
    // A worker that starts by itself does so at the end of this turn.
    await undefined;
    return (await this.#probes)?.port;
  }

  async #stop(): Promise<void> {
    const wasStarted = this.#state !== 'new';
    this.#state = 'stopping';
    this.#emitter.emit('stopping', {});
    this.#consumption.stop();
    this.#changed.notify();
    if (wasStarted) {
      await Promise.all([this.#finishFetching(), this.#finishHandlers()]);
      await this.#changed.within(LAST_ANSWERS_MS, () => this.#dispatcher.isIdle);
    }
    this.#settler.giveUp();
    this.#ignoreSignals?.();
    this.#state = 'stopped';
    this.#emitter.emit('stopped', {});
    (await this.#probes?.catch(() => undefined))?.close();
  }

  /** A fetch that waits for messages is not cut, because its answer may be on the way. */
  async #finishFetching(): Promise<void> {
    const limitMs = this.#settings.waitSeconds * 1_000 + LAST_ANSWERS_MS;
    const cutting = setTimeout(() => this.#consumption.cut(), limitMs);
    await this.#fetching;
    clearTimeout(cutting);
  }

  async #finishHandlers(): Promise<void> {
    const releasing = this.#dispatcher.releaseWaiting();
    const isDone = (): boolean => this.#dispatcher.running === 0;
    await this.#changed.within(this.#settings.stopTimeoutMs, isDone);
    await this.#dispatcher.abortAll();
    await releasing;
  }

  /** Goes on after an outage, counts failed calls, and makes sure that an outage is not silent where nobody listens. */
  #watchCalls(): void {
    const isHeardByUser = (): boolean => this.#emitter.hears('callFailed') > 1;
    this.on('recovered', () => this.#dispatcher.runWaiting());
    this.on('callFailed', ({ call, error, failures }) => {
      this.#counters.callsFailed += 1;
      if (failures === 1 && !isHeardByUser()) {
        console.error(`millrace worker of ${this.#queueName}: ${call} failed: ${error.message}`);
      }
    });
  }

  async #serveProbes(port: number): Promise<void> {
    this.#probes = serveProbes(port, this.#options.probeHost, () => this.health());
    try {
      await this.#probes;
    } catch (error) {
      reportFailure(`serving probes of ${this.#queueName}`, error);
    }
  }
}
