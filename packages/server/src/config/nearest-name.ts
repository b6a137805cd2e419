/** What is two letters away is likely a slip of the hand, and what is three another word. */
const LETTERS_OFF_MAX = 2;

/** The known name that somebody may have meant, whatever its case; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = LETTERS_OFF_MAX + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > LETTERS_OFF_MAX) continue;
    const letters = lettersBetween(name.toLowerCase(), candidate.toLowerCase());
    if (letters >= least) continue;
    nearest = candidate;
    least = letters;
  }
  return nearest;
}

/**
 * How many letters were left out, put in, changed or swapped with their neighbour: the distance of
 * Damerau and Levenshtein (of optimal string alignment), row by row.
 */
function lettersBetween(one: string, other: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped =
        row > 1 &&
        column > 1 &&
        one[row - 1] === other[column - 2] &&
        one[row - 2] === other[column - 1];
      current[column] = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(twoAbove, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    twoAbove = above;
    above = current;
  }
  return at(above, other.length);
}

const at = (row: readonly number[], column: number): number => row[column] as number;
