/**
 * A queue that projects share. Within a project it is first in, first out, and the projects take turns:
 * however many items one project has waiting, they delay another project by only one item a turn.
 */
export class FairQueue<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** The projects with waiting items; the project at `next` has the turn. */
  private readonly turns: Lane<T>[] = [];
  private next = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  sizeOf(project: string): number {
    return this.lanes.get(project)?.size ?? 0;
  }

  push(project: string, item: T): void {
    let lane = this.lanes.get(project);
    if (lane === undefined) {
      lane = new Lane(project);
      this.lanes.set(project, lane);
      this.turns.push(lane);
    }
    lane.push(item);
    this.count += 1;
  }

  /** The item whose turn it is; it stays in the queue. */
  peek(): T | undefined {
    return this.turns[this.next]?.first;
  }

  /** Removes the item whose turn it is; the next project then has the turn. */
  shift(): T | undefined {
    const lane = this.turns[this.next];
    if (lane === undefined) return undefined;
    const item = lane.shift();
    this.count -= 1;
    if (lane.size === 0) {
      this.lanes.delete(lane.project);
      this.turns.splice(this.next, 1);
    } else {
      this.next += 1;
    }
    if (this.next >= this.turns.length) this.next = 0;
    return item;
  }

  /** Passes the turn to the next project without removing an item. */
  skip(): void {
    this.next = this.next + 1 < this.turns.length ? this.next + 1 : 0;
  }

  /** How many projects have waiting items. */
  get projects(): number {
    return this.turns.length;
  }
}

/** Removed items at the front of the array are cut off only from this many on. */
const COMPACT_FROM = 1_024;

class Lane<T> {
  private items: T[] = [];
  private from = 0;

  constructor(readonly project: string) {}

  get size(): number {
    return this.items.length - this.from;
  }

  get first(): T | undefined {
    return this.items[this.from];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T {
    const item = this.items[this.from] as T;
    // So that the array no longer keeps the item in memory.
    this.items[this.from] = undefined as T;
    this.from += 1;
    if (this.from >= COMPACT_FROM && this.from * 2 >= this.items.length) {
      this.items = this.items.slice(this.from);
      this.from = 0;
    }
    return item;
  }
}
