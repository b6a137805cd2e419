/** The first characters of a text; a pair of surrogates counts as one character and is never split. */
export function firstCharacters(text: string, max: number): string {
  // A text has at most as many characters as UTF-16 units.
  if (text.length <= max) return text;
  let at = 0;
  for (let characters = 0; characters < max && at < text.length; characters += 1) {
    at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, at);
}
