import type { PeekedMessage } from '@millrace/client';

const MAX_REMEMBERED = 40_000;

type Marks = Pick<PeekedMessage, 'messageId' | 'enqueuedAt' | 'deadLetteredAt'>;

/**
 * The messages that were seen, in bounded memory: the ids of the latest ones, and the time up to which
 * older ones are not remembered by name. A message below that time counts as seen, because it cannot be
 * told from those that were.
 */
export class SeenMessages {
  /** The time at which each message came into the queue, by its id. */
  #times = new Map<string, number>();
  #forgottenUpToMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly maxRemembered = MAX_REMEMBERED) {}

  /** @returns whether the message is not remembered, and whether it is new for certain */
  add(message: Marks): { readonly isUnknown: boolean; readonly isNew: boolean } {
    const cameAtMs = timeOf(message);
    const isUnknown = !this.#times.has(message.messageId);
    const isNew = isUnknown && cameAtMs > this.#forgottenUpToMs;
    if (isNew) this.#times.set(message.messageId, cameAtMs);
    if (this.#times.size > this.maxRemembered) this.#forgetOlderHalf();
    return { isUnknown, isNew };
  }

  #forgetOlderHalf(): void {
    const times = Float64Array.from(this.#times.values()).sort();
    const medianMs = times[Math.floor(times.length / 2)] as number;
    this.#times = new Map([...this.#times].filter(([, timeMs]) => timeMs > medianMs));
    this.#forgottenUpToMs = medianMs;
  }
}

/** In a dead-letter queue, a message is as old as its death, and not as its publish. */
const timeOf = ({ enqueuedAt, deadLetteredAt }: Marks): number =>
  Math.max(Date.parse(enqueuedAt), deadLetteredAt === undefined ? 0 : Date.parse(deadLetteredAt));
