import { isRefusal, type Refusal } from '../refusal.js';
import type { Command, Outcome, OutcomeOf } from './commands.js';

/** The outcome of a command that ran now, made from what its decision returned. */
export function accept<K extends Command['kind']>(result: OutcomeOf[K] | Refusal): Outcome<K> {
  if (isRefusal(result)) return result;
  return { ok: true, replayed: false, ...result } as Outcome<K>;
}
