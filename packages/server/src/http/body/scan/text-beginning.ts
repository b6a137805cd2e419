/**
 * What the beginning of a text stands for, as it is written between quotes in JSON: it may have been
 * cut off within an escape, which is left out.
 */
export function decodedBeginning(written: string): string {
  for (let end = written.length; ; end -= 1) {
    try {
      return JSON.parse(`"${written.slice(0, end)}"`);
    } catch {
      // No escape has more than six characters.
    }
  }
}
