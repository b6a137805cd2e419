/** The beginning of a text, cut between characters and never within a pair of surrogates. */
export function firstCharacters(text: string, max: number): string {
  // No text has more characters than units of UTF-16.
  if (text.length <= max) return text;
  let at = 0;
  for (let characters = 0; characters < max && at < text.length; characters += 1) {
    at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, at);
}
