import { editDistance } from '../core/edit-distance.js';

/** What is two letters away is likely a slip of the hand, and what is three another word. */
const LETTERS_OFF_MAX = 2;

/** The known name that somebody may have meant, whatever its case; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = LETTERS_OFF_MAX + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > LETTERS_OFF_MAX) continue;
    const letters = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (letters >= least) continue;
    nearest = candidate;
    least = letters;
  }
  return nearest;
}
