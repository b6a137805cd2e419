/**
 * Decodes the beginning of a text that is written as in a JSON string. If the text was cut off inside
 * an escape, that escape is left out.
 */
export function decodedBeginning(written: string): string {
  for (let end = written.length; ; end -= 1) {
    try {
      return JSON.parse(`"${written.slice(0, end)}"`);
    } catch {
      // Cut inside an escape: try again without the last character. No escape has more than six.
    }
  }
}
