import type { Delivered, QueueRules } from './observations.js';

/** The calls of a client, through the port or over HTTP. */
export interface FifoApi {
  nowMs(): number;
  /** Lets time pass, as far as this kind of client can. */
  pass(durationMs: number): Promise<void>;
  create(queue: string, rules: QueueRules): Promise<void>;
  delete(queue: string): Promise<void>;
  publish(queue: string, group: string | null, payloads: readonly string[]): Promise<string[]>;
  consume(queue: string, maxMessages: number, visibilityMs: number): Promise<Delivered[]>;
  ack(queue: string, entries: readonly Ref[]): Promise<boolean[]>;
  nack(queue: string, entries: readonly (Ref & NackHow)[]): Promise<NackAnswer[]>;
  extend(queue: string, entry: Ref, visibilityMs: number): Promise<boolean>;
  purge(queue: string): Promise<void>;
  deadLetters(queue: string): Promise<string[]>;
  redrive(queue: string, messageId: string): Promise<boolean>;
  /** The number of available, leased and delayed messages. */
  count(queue: string): Promise<number>;
}

export interface Ref {
  readonly messageId: string;
  readonly receipt: string;
}

export interface NackHow {
  readonly requeue: boolean;
  readonly delayMs: number;
}

export interface NackAnswer {
  readonly nacked: boolean;
  readonly requeued: boolean;
}
