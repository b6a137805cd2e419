import { pause } from '../faults/load/pause.js';
import type { HttpAnswer } from '../harness/http-server.js';

type Post = (path: string, body: object) => Promise<HttpAnswer>;

/** When a message was published and acked, as its client saw it, by the wall clock. */
interface MessageTimes {
  publishAskedMs: number;
  publishedMs: number;
  ackAskedMs?: number;
  ackedMs?: number;
}

const QUEUE = 'drill';
const PUBLISHERS = 6;
const CONSUMERS = 3;
const LEASE_SECONDS = 2;
const WAIT_SECONDS = 2;
/** The backup's time is exact to a millisecond, and so are the times here. */
const MARGIN_MS = 2;

/** Publishes and acks continuously, and records all answers with their times. */
export class DrillLoad {
  private readonly times = new Map<number, MessageTimes>();
  private readonly workers: Promise<void>[] = [];
  private lastNumber = 0;
  private isRunning = true;
  private published = 0;
  private acked = 0;

  constructor(private readonly post: Post) {}

  async start(): Promise<void> {
    await this.post('create', { name: QUEUE, max_retries: 1_000 });
    for (let n = 0; n < PUBLISHERS; n += 1) this.workers.push(this.publish());
    for (let n = 0; n < CONSUMERS; n += 1) this.workers.push(this.consume());
  }

  /** Resolves when so many more messages have been published, and so many acked. */
  async does(count: number): Promise<void> {
    const [published, acked] = [this.published + count, this.acked + count];
    while (this.published < published || this.acked < acked) await pause(20);
  }

  async stop(): Promise<void> {
    this.isRunning = false;
    await Promise.all(this.workers);
  }

  private async publish(): Promise<void> {
    while (this.isRunning) {
      this.lastNumber += 1;
      const number = this.lastNumber;
      const times: MessageTimes = { publishAskedMs: Date.now(), publishedMs: Infinity };
      this.times.set(number, times);
      const answer = await this.ask('publish', { queue: QUEUE, payload: number });
      if (answer?.status !== 200) continue;
      times.publishedMs = Date.now();
      this.published += 1;
    }
  }

  /** Acks half of the messages it gets; the others become available again when their lease ends. */
  private async consume(): Promise<void> {
    while (this.isRunning) {
      const body = { queue: QUEUE, max_messages: 5, visibility_timeout: LEASE_SECONDS };
      const answer = await this.ask('consume', body);
      for (const { message_id, payload } of answer?.body?.data?.messages ?? []) {
        if (payload % 2 === 0) continue;
        const times = this.times.get(payload) as MessageTimes;
        times.ackAskedMs ??= Date.now();
        const acked = await this.ask('ack', { queue: QUEUE, message_id });
        if (acked?.body?.data?.acked !== true) continue;
        times.ackedMs ??= Date.now();
        this.acked += 1;
      }
    }
  }

  /** Undefined when the server was killed meanwhile. */
  private async ask(path: string, body: object): Promise<HttpAnswer | undefined> {
    try {
      return await this.post(path, body);
    } catch {
      this.isRunning = false;
      return undefined;
    }
  }

  /** Returns all messages of the restored store, acked as they come, also those that were leased. */
  async drain(post: Post, stats: (queue: string) => Promise<HttpAnswer>): Promise<Set<number>> {
    const found = new Set<number>();
    for (;;) {
      const { available, in_flight, delayed } = (await stats(QUEUE)).body.data;
      if (available + in_flight + delayed === 0) return found;
      const wait = { wait_seconds: WAIT_SECONDS };
      const { body } = await post('consume', { queue: QUEUE, max_messages: 500, ...wait });
      const { messages } = body.data;
      for (const { payload } of messages) found.add(payload);
      const acks = messages.map(({ message_id }: { message_id: string }) => ({ message_id }));
      await post('ack_batch', { queue: QUEUE, messages: acks });
    }
  }

  /**
   * Finds messages that are missing, and those that should not be there. Messages for which the clocks
   * leave it open are in neither list.
   */
  compare(found: ReadonlySet<number>, atMs: number) {
    const missing: number[] = [];
    const ghosts: number[] = [];
    const certain = { kept: 0, gone: 0, later: 0 };
    for (const [number, times] of this.times) {
      const wasPublished = times.publishedMs < atMs;
      const wasLater = times.publishAskedMs > atMs + MARGIN_MS;
      const wasAcked = (times.ackedMs ?? Infinity) < atMs;
      const ackWasLater = (times.ackAskedMs ?? Infinity) > atMs + MARGIN_MS;
      if (wasPublished && ackWasLater) {
        certain.kept += 1;
        if (!found.has(number)) missing.push(number);
      } else if (wasLater || wasAcked) {
        certain[wasLater ? 'later' : 'gone'] += 1;
        if (found.has(number)) ghosts.push(number);
      }
    }
    return { missing, ghosts, certain };
  }
}
