import type { StoredMessage } from '../commands/commands.js';
import { RefusalError, wrongCursor } from '../refusal.js';
import { answerBytes } from './answer-size.js';
import type { MessagePage, PeekState } from './store.js';

/** Where the next page of messages starts: a part and a position in its order. */
export interface PagePosition {
  /** One of the parts that are walked one after another. */
  readonly part: string;
  readonly major: number;
  readonly minor: number;
  /** Distinguishes messages to which two nodes gave the same position; empty where not needed. */
  readonly tie: string;
}

export const writePosition = ({ part, major, minor, tie }: PagePosition): string =>
  `${part} ${major} ${minor} ${tie}`;

/** @throws RefusalError for a text that this server never writes as a position. */
export function readPosition(text: string | null, parts: readonly string[]): PagePosition | null {
  if (text === null) return null;
  const [, part = '', major, minor, tie = ''] = POSITION.exec(text) ?? [];
  const position = { part, major: Number(major), minor: Number(minor), tie };
  const isOurs = Number.isSafeInteger(position.major) && Number.isSafeInteger(position.minor);
  if (!isOurs || !parts.includes(part)) throw new RefusalError(wrongCursor());
  return position;
}

const POSITION = /^(\w+) (-?\d{1,16}) (-?\d{1,16}) (|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** A peek walks the states of a queue one after another, unless it asks for one of them. */
export const peekParts = (state: PeekState | null): readonly PeekState[] =>
  state === null ? ['available', 'leased', 'delayed'] : [state];

/**
 * Gathers a page, which ends at a number of messages or of bytes in the answer. It has at least one
 * message. A strict page may have none, and then reports how many bytes the first message needs.
 */
export class PageBuilder<T extends StoredMessage> {
  private readonly items: T[] = [];
  private last: PagePosition | null = null;
  private bytes = 0;
  private more = false;
  private needsBytes: number | undefined;

  constructor(
    private readonly limit: number,
    private readonly maxBytes: number,
    private readonly strict = false,
  ) {}

  /** How many more messages the page may take, plus one to see whether there are more. */
  get wanted(): number {
    return this.limit - this.items.length + 1;
  }

  /** @returns false when the page is full and does not take this message. */
  add(item: T, bodyBytes: number, position: PagePosition): boolean {
    this.bytes += answerBytes(bodyBytes, item);
    const mayExceed = this.items.length === 0 && !this.strict;
    const fits = mayExceed || this.bytes <= this.maxBytes;
    if (this.items.length === this.limit || !fits) {
      if (this.items.length === 0) this.needsBytes = this.bytes;
      this.more = true;
      return false;
    }
    this.items.push(item);
    this.last = position;
    return true;
  }

  page(): MessagePage<T> {
    const next = this.more && this.last ? writePosition(this.last) : null;
    const { items, needsBytes } = this;
    return needsBytes === undefined ? { items, next } : { items, next, needsBytes };
  }
}
