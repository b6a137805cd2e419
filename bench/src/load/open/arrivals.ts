import type { DueTimes } from './due-times.js';

/**
 * Starts each unit when it is due if a connection is idle, and otherwise as soon as one is. Either way it
 * is started with the time when it was due, so that its latency includes the wait: a server that stands
 * still delays all that would have been asked of it meanwhile, not only what was under way.
 */
export class Arrivals<Connection> {
  /** Used in turn: a server closes a connection that is idle for long. */
  readonly #idle: Connection[] = [];
  readonly #late: number[] = [];
  #lateFrom = 0;
  #underWay = 0;

  constructor(
    private readonly dueTimes: DueTimes,
    private readonly start: (connection: Connection, dueMs: number) => void,
  ) {}

  /** Called often: starts what has become due. */
  tick(nowMs: number): void {
    for (;;) {
      const dueMs = this.dueTimes.take(nowMs);
      if (dueMs === undefined) return;
      const connection = this.#idle.shift();
      if (connection === undefined) this.#late.push(dueMs);
      else this.#begin(connection, dueMs);
    }
  }

  /** A connection that has not had a unit yet. */
  add(connection: Connection): void {
    this.#assign(connection);
  }

  /** A connection whose unit has ended. */
  ended(connection: Connection): void {
    this.#underWay -= 1;
    this.#assign(connection);
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Whether every unit was due, has been started and has ended. */
  get areOver(): boolean {
    return this.dueTimes.isOver && this.#underWay === 0 && this.#lateFrom === this.#late.length;
  }

  #assign(connection: Connection): void {
    const dueMs = this.#late[this.#lateFrom];
    if (dueMs === undefined) {
      this.#idle.push(connection);
      return;
    }
    this.#lateFrom += 1;
    this.#begin(connection, dueMs);
  }

  #begin(connection: Connection, dueMs: number): void {
    this.#underWay += 1;
    this.start(connection, dueMs);
  }
}
