import type { Attacker } from './attacker.js';

/** Something that a caller may try. It ends by itself, soon after its time. */
export interface Attack {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** Flags of the server that it needs. */
  readonly flags?: readonly string[];
  /** The number of processes it runs in, for more sockets than one process may open. */
  readonly processes?: number;
  /** The shortest time in which its expectation can fail. */
  readonly minSeconds?: number;
  /**
   * Creates what the attack needs; runs before the usual latency is measured, in the first process only.
   */
  prepare?(attacker: Attacker): Promise<void>;
  run(attacker: Attacker): Promise<void>;
}

/** An attack as plain data, for the process that runs it. */
export interface AttackJob {
  readonly name: string;
  readonly url: string;
  readonly adminKey: string;
  readonly attackerKey: string;
  readonly seconds: number;
  readonly long: boolean;
  readonly index: number;
  readonly processes: number;
}

export interface AttackOrder {
  readonly order: 'prepare' | 'run';
  readonly job: AttackJob;
}

/** The violations that the attacker saw, and other notes. */
export interface AttackResult {
  readonly violations: readonly string[];
  readonly notes: readonly string[];
}
