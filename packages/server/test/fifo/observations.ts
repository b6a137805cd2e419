/**
 * The calls of clients of FIFO queues with their answers, and nothing else. Each call has a span of
 * ticks, which order calls, and of milliseconds, which tell how long leases and delays must last.
 */
export type Observation = Span & Seen;

export interface Span {
  readonly startTick: number;
  readonly endTick: number;
  readonly startMs: number;
  readonly endMs: number;
}

export type Seen =
  | { readonly call: 'publish'; readonly queue: string; readonly messages: readonly Published[] }
  | {
      readonly call: 'consume';
      readonly queue: string;
      readonly maxMessages: number;
      readonly visibilityMs: number;
      readonly messages: readonly Delivered[];
    }
  | { readonly call: 'ack'; readonly queue: string; readonly entries: readonly Acked[] }
  | { readonly call: 'nack'; readonly queue: string; readonly entries: readonly Nacked[] }
  | {
      readonly call: 'extend';
      readonly queue: string;
      readonly messageId: string;
      readonly receipt: string;
      /** 0 releases the message. */
      readonly visibilityMs: number;
      readonly extended: boolean;
    }
  /** All messages of the queue are removed. */
  | { readonly call: 'purge'; readonly queue: string }
  | { readonly call: 'redrive'; readonly queue: string; readonly messageId: string }
  /** The answer of the list of dead letters, which is the only way for a client to learn of them. */
  | { readonly call: 'deadLetters'; readonly queue: string; readonly messageIds: readonly string[] }
  /** The last look: the messages still in the queue after everything was consumed. */
  | { readonly call: 'leftover'; readonly queue: string; readonly messages: number };

export interface Published {
  readonly messageId: string;
  readonly group: string | null;
  /** Its consumers fail on it, and on no other message. */
  readonly poison: boolean;
}

export interface Delivered {
  readonly messageId: string;
  /** JSON text. */
  readonly payload: string;
  readonly group: string | null;
  readonly receipt: string;
}

export interface Acked {
  readonly messageId: string;
  readonly receipt: string;
  readonly acked: boolean;
}

export interface Nacked {
  readonly messageId: string;
  readonly receipt: string;
  readonly requeue: boolean;
  readonly delayMs: number;
  readonly nacked: boolean;
  readonly requeued: boolean;
}

export type CallOf<N extends Seen['call']> = Span & Extract<Seen, { call: N }>;

/** Collects observations, in the order in which the calls ended. */
export class Observations {
  readonly all: Observation[] = [];
  private ticks = 0;

  constructor(private readonly nowMs: () => number) {}

  async note<T>(work: () => Promise<T>, seen: (answer: T) => Seen): Promise<T> {
    this.ticks += 1;
    const [startTick, startMs] = [this.ticks, this.nowMs()];
    const answer = await work();
    this.ticks += 1;
    const span = { startTick, startMs, endTick: this.ticks, endMs: this.nowMs() };
    this.all.push({ ...span, ...seen(answer) });
    return answer;
  }
}

export interface QueueRules {
  readonly maxRetries: number;
  readonly maxExpiredLeases: number;
  /** Only poison may become a dead letter here. */
  readonly sparesInnocents: boolean;
}
