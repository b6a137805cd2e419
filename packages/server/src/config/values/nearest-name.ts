import { editDistance } from '../../core/edit-distance.js';

/** A name that differs in up to two letters is likely a misspelling; with three it is another word. */
const LETTERS_OFF_MAX = 2;

/** The known name that is most similar, ignoring case; undefined if none is similar enough. */
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
