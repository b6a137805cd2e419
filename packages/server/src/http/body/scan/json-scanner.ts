import type { Refusal } from '../../../core/refusal.js';
import {
  afterItem,
  afterMember,
  afterRoot,
  ENDS_SKIP,
  EVENT,
  EVENT_SHIFT,
  EXPECTED,
  IN_STRING,
  LOUD,
  mayEnd,
  QUIET,
  STATE_MASK,
  start,
} from './grammar.js';
import { invalidJson } from './invalid-json.js';

/**
 * Receives the names and values at a depth of up to `watchDepth`. The depth is the number of objects
 * and lists around a value: 0 for the whole body. Positions are offsets in the current chunk.
 */
export interface JsonListener {
  readonly watchDepth: number;
  /** @param at the opening quote */
  nameStart(at: number): void;
  /** @param at the closing quote */
  nameEnd(at: number): void;
  valueStart(at: number, depth: number, firstByte: number): Refusal | undefined;
  /** @param at the position after the last byte */
  valueEnd(at: number, depth: number): Refusal | undefined;
}

const { fault, openObject, openList, close, skip } = EVENT;
const { nameStart, nameEnd, valueStart, valueEnd } = EVENT;

export const NESTING_MAX_LEVELS = 100_000;

/** Checks JSON as it arrives. It keeps only one bit for each open object or list. */
export class JsonScanner {
  private state = start;
  private depth = 0;
  /** One bit for each open object (set) or list (clear). */
  private objects = new Uint8Array(16);
  private bytesBefore = 0;

  constructor(private readonly listener: JsonListener) {}

  push(chunk: Uint8Array): Refusal | undefined {
    const { listener } = this;
    // The loop reads these millions of times, and locals are the fastest.
    const [loud, quiet, endsSkip, inString] = [LOUD, QUIET, ENDS_SKIP, IN_STRING];
    const end = chunk.length;
    let { state, depth } = this;
    let table = depth <= listener.watchDepth ? loud : quiet;
    let at = 0;
    while (at < end) {
      const entry = table[(state << 8) | (chunk[at] as number)] as number;
      if (entry < 1 << EVENT_SHIFT) {
        state = entry;
        at += 1;
        continue;
      }
      const next = entry & STATE_MASK;
      const event = entry >> EVENT_SHIFT;
      let refusal: Refusal | undefined;
      if (event === skip) {
        at += 1;
      } else if (event === close) {
        depth -= 1;
        at += 1;
        state = this.stateAfter(depth);
        if (depth <= listener.watchDepth) refusal = listener.valueEnd(at, depth);
        if (refusal !== undefined) return refusal;
        table = depth <= listener.watchDepth ? loud : quiet;
        continue;
      } else if (event === openObject || event === openList) {
        if (depth <= listener.watchDepth)
          refusal = listener.valueStart(at, depth, chunk[at] as number);
        if (depth === NESTING_MAX_LEVELS) refusal ??= nestedTooDeep();
        if (refusal !== undefined) return refusal;
        this.mark(depth, event === openObject);
        depth += 1;
        table = depth <= listener.watchDepth ? loud : quiet;
        at += 1;
      } else if (event === fault) {
        return unexpected(state, this.bytesBefore + at);
      } else if (event === nameStart) {
        listener.nameStart(at);
        at += 1;
      } else if (event === nameEnd) {
        listener.nameEnd(at);
        at += 1;
      } else if (event === valueStart) {
        refusal = listener.valueStart(at, depth, chunk[at] as number);
        at += 1;
      } else {
        if (event === valueEnd) at += 1;
        refusal = listener.valueEnd(at, depth);
      }
      if (refusal !== undefined) return refusal;
      state = next;
      if (inString[state] === 1) {
        while (at < end && endsSkip[chunk[at] as number] === 0) at += 1;
      }
    }
    this.state = state;
    this.depth = depth;
    this.bytesBefore += end;
    return undefined;
  }

  end(): Refusal | undefined {
    return mayEnd(this.state)
      ? undefined
      : invalidJson(`it ends where ${EXPECTED[this.state]} is expected`);
  }

  private mark(depth: number, isObject: boolean): void {
    const byte = depth >> 3;
    if (byte === this.objects.length) {
      const larger = new Uint8Array(2 * byte);
      larger.set(this.objects);
      this.objects = larger;
    }
    const bit = 1 << (depth & 7);
    const others = (this.objects[byte] as number) & ~bit;
    this.objects[byte] = isObject ? others | bit : others;
  }

  /** The state after a value with `depth` objects and lists around it. */
  private stateAfter(depth: number): number {
    if (depth === 0) return afterRoot;
    const around = depth - 1;
    const isObject = ((this.objects[around >> 3] as number) >> (around & 7)) & 1;
    return isObject === 1 ? afterMember : afterItem;
  }
}

const unexpected = (state: number, at: number): Refusal =>
  invalidJson(`${EXPECTED[state]} is expected at byte ${at}`);

const nestedTooDeep = (): Refusal =>
  invalidJson(`it is nested deeper than ${NESTING_MAX_LEVELS} levels`);
