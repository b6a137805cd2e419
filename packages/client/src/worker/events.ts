import type { Delivery } from '../api/queue.js';
import type { MillraceError } from '../errors.js';
import { callUser } from '../user-code.js';

/** What a worker says it does. */
export interface WorkerEvents {
  started: Record<never, never>;
  paused: Record<never, never>;
  resumed: Record<never, never>;
  stopping: Record<never, never>;
  stopped: Record<never, never>;
  /** Messages came. */
  fetched: { readonly messages: number };
  acked: { readonly message: Delivery };
  /** The delivery failed, and the message comes back. */
  retried: { readonly message: Delivery; readonly error: unknown; readonly delaySeconds: number };
  /** The delivery failed, and the message is a dead letter now, or past its retention. */
  deadLettered: { readonly message: Delivery; readonly error: unknown };
  /** The lease ran out or was taken away; somebody else may have the message. */
  leaseLost: { readonly message: Delivery };
  /** The message was returned without a failure. */
  released: { readonly message: Delivery };
  /** A call to the server failed. Without `retryInMs` it is not repeated. */
  callFailed: {
    readonly call: string;
    readonly error: MillraceError;
    /** Calls that failed since the last one that succeeded. */
    readonly failures: number;
    readonly retryInMs: number | undefined;
  };
  /** The server answers again. */
  recovered: { readonly failures: number; readonly afterMs: number };
}

export type WorkerEvent = keyof WorkerEvents;
export type Listener<Event> = (event: Event) => void;
export type Emit = <Name extends WorkerEvent>(name: Name, event: WorkerEvents[Name]) => void;

/** A small typed emitter, because the one of Node is not there in browsers. */
export class Emitter {
  readonly #listeners = new Map<WorkerEvent, Set<Listener<never>>>();

  /** @returns a function that removes the listener */
  on<Name extends WorkerEvent>(name: Name, listener: Listener<WorkerEvents[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** The number of its listeners. */
  hears(name: WorkerEvent): number {
    return this.#listeners.get(name)?.size ?? 0;
  }

  /** A listener that fails, at once or later, must not stop the worker. */
  readonly emit: Emit = (name, event) => {
    for (const listener of this.#listeners.get(name) ?? []) {
      callUser(`a listener of ${name}`, () => (listener as Listener<typeof event>)(event));
    }
  };
}
