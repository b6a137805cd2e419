import type { Attacker } from './attacker.js';

/** Something that a caller may try. It ends by itself, soon after the time it is given. */
export interface Attack {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** Flags of the server that it needs. */
  readonly flags?: readonly string[];
  /** It runs in so many processes at once, for more sockets than one may open. */
  readonly processes?: number;
  /** What it expects takes at least so long to show. */
  readonly minSeconds?: number;
  /** What has to lie there; before the usual is measured, and in the first process only. */
  prepare?(attacker: Attacker): Promise<void>;
  run(attacker: Attacker): Promise<void>;
}

/** An attack as plain data, for the process that makes it. */
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

/** What the attacker saw that must not be, and what else may be of interest. */
export interface AttackResult {
  readonly violations: readonly string[];
  readonly notes: readonly string[];
}
