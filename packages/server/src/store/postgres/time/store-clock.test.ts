import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockRow, type Correction, JUMP_MS, StoreClock } from './store-clock.js';

const START_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A database whose clock can be set, and nodes that read it. Nothing waits, and all times are exact. */
class Model {
  trueMs = 0;
  private jumpedMs = 0;
  offsetMs = 0;
  readonly nodes: ModelNode[] = [];

  startNode(): ModelNode {
    const node = new ModelNode(this);
    this.nodes.push(node);
    return node;
  }

  everyoneLooks(): void {
    for (const node of this.nodes) node.look();
  }

  jump(ms: number): void {
    this.jumpedMs += ms;
  }

  /** The row as a statement sees it now. */
  read(): ClockRow {
    const storeMs = START_MS + this.trueMs + this.jumpedMs + this.offsetMs;
    return { offsetMs: this.offsetMs, storeMs };
  }

  /** The difference between the store's time and that of a clock that was never set. */
  errorMs(storeMs: number): number {
    return Math.abs(storeMs - (START_MS + this.trueMs));
  }
}

class ModelNode {
  private suspendedMs = 0;
  readonly clock: StoreClock;
  disagreements = 0;

  constructor(private readonly model: Model) {
    const startedMs = model.trueMs;
    this.clock = new StoreClock(
      () => {
        this.disagreements += 1;
      },
      {
        monotonicMs: () => model.trueMs - startedMs - this.suspendedMs - this.unseenMs,
        suspendedMs: () => this.suspendedMs,
      },
    );
    this.clock.adopt(model.read());
  }

  private unseenMs = 0;

  /** A commit group learns the time. @returns the store time that it uses */
  hear(): number {
    const { storeMs, offsetMs } = this.model.read();
    return this.clock.timeOf(storeMs, this.clock.monotonicMs(), offsetMs);
  }

  correct(): Correction {
    const resolution = this.clock.resolve(this.model.read());
    this.model.offsetMs = resolution.row.offsetMs;
    this.clock.accept(resolution, this.clock.monotonicMs());
    return resolution.correction;
  }

  /** Looks as a node does, and lets other nodes look when this one has moved the offset. */
  look(): void {
    this.hear();
    if (this.clock.isTrusted() || this.correct() !== 'correct') return;
    for (const node of this.model.nodes) if (node !== this) node.look();
  }

  suspend(ms: number): void {
    this.suspendedMs += ms;
    this.model.trueMs += ms;
  }

  /** Its machine is paused without noticing it. */
  pause(ms: number): void {
    this.unseenMs += ms;
    this.model.trueMs += ms;
  }
}

describe('store time', () => {
  it.each([HOUR_MS, -HOUR_MS, 8 * DAY_MS])('goes on unchanged after a jump of %d ms', (jumpMs) => {
    const model = new Model();
    const [one, other] = [model.startNode(), model.startNode()];
    model.trueMs += 10_000;
    model.jump(jumpMs);
    expect(model.errorMs(one.hear())).toBe(0);
    expect(one.clock.isTrusted()).toBe(false);
    expect(one.correct()).toBe('correct');
    expect(one.clock.isTrusted()).toBe(true);
    expect(model.errorMs(model.read().storeMs)).toBe(0);
    expect(model.errorMs(other.hear())).toBe(0);
    expect(other.disagreements).toBe(0);
  });

  it('follows a jump of less than two seconds', () => {
    const model = new Model();
    const node = model.startNode();
    model.jump(JUMP_MS - 100);
    expect(node.hear()).toBe(START_MS + model.trueMs + JUMP_MS - 100);
    expect(node.clock.isTrusted()).toBe(true);
  });

  it('is trusted although an answer took long', () => {
    const model = new Model();
    const node = model.startNode();
    const sinceMs = node.clock.monotonicMs();
    const { storeMs } = model.read();
    model.trueMs += 10_000;
    expect(node.clock.timeOf(storeMs, sinceMs)).toBe(storeMs);
    expect(node.clock.isTrusted()).toBe(true);
    expect(model.errorMs(node.clock.nowMs())).toBe(0);
  });

  it('is trusted again when the clock jumps back before it was corrected', () => {
    const model = new Model();
    const node = model.startNode();
    model.jump(8 * DAY_MS);
    node.hear();
    model.jump(-8 * DAY_MS);
    expect(node.correct()).toBe('agree');
    expect(model.read().offsetMs).toBe(0);
    expect(node.clock.isTrusted()).toBe(true);
  });

  it('is adopted by a node that was suspended', () => {
    const model = new Model();
    const node = model.startNode();
    node.suspend(HOUR_MS);
    node.hear();
    expect(node.correct()).toBe('adopt');
    expect(model.errorMs(node.clock.nowMs())).toBe(0);
  });

  it('is that of nodes that saw a jump, for a node that started during it', () => {
    const model = new Model();
    const old = model.startNode();
    model.trueMs += 60_000;
    model.jump(DAY_MS);
    const fresh = model.startNode();
    expect(model.errorMs(fresh.hear())).toBe(DAY_MS);
    old.look();
    expect(model.errorMs(model.read().storeMs)).toBe(0);
    expect(model.errorMs(fresh.clock.nowMs())).toBe(0);
    // Now they agree, so that either one corrects the next jump.
    model.jump(-DAY_MS);
    fresh.look();
    expect(model.errorMs(fresh.hear())).toBe(0);
    expect(model.errorMs(old.hear())).toBe(0);
  });

  it('is that of the other nodes, for a node whose machine was paused without noticing', () => {
    const model = new Model();
    const [paused, other] = [model.startNode(), model.startNode()];
    model.trueMs += 60_000;
    paused.pause(HOUR_MS);
    other.look();
    paused.look();
    expect(paused.clock.isTrusted()).toBe(true);
    expect(other.clock.isTrusted()).toBe(true);
    expect(model.errorMs(other.hear())).toBe(0);
    expect(model.errorMs(paused.hear())).toBe(0);
  });

  it('goes on through any jumps, starts and suspensions if one node saw all of them', () => {
    // Whole hours, so that no sum of jumps is small enough to be followed.
    const wholeHours = (min: number) =>
      fc.integer({ min, max: 720 }).map((hours) => hours * HOUR_MS);
    const event = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: HOUR_MS }) }),
      fc.record({ kind: fc.constant('jump' as const), ms: wholeHours(-720) }),
      fc.record({ kind: fc.constant('start' as const), ms: fc.constant(0) }),
      fc.record({
        kind: fc.constant('suspend' as const),
        ms: fc.integer({ min: HOUR_MS, max: DAY_MS }),
      }),
      fc.record({ kind: fc.constant('look' as const), ms: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const model = new Model();
        const witness = model.startNode();
        model.startNode();
        model.trueMs += 60_000;
        for (const { kind, ms } of events) {
          // Each node looks every two seconds, so all have looked before time passes.
          if (kind === 'pass' || kind === 'suspend') model.everyoneLooks();
          if (kind === 'pass') model.trueMs += ms;
          else if (kind === 'jump') model.jump(ms);
          else if (kind === 'start' && model.nodes.length < 6) model.startNode();
          else if (kind === 'suspend') model.nodes.at(-1)?.suspend(ms);
          else if (kind === 'look') model.nodes[ms % model.nodes.length]?.look();
          expect(model.errorMs(witness.hear())).toBe(0);
        }
        model.everyoneLooks();
        for (const node of model.nodes) {
          expect(node.clock.isTrusted()).toBe(true);
          expect(model.errorMs(node.hear())).toBe(0);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
