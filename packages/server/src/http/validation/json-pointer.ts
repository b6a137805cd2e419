/** An answer is no place for a name of a hundred thousand characters. */
const NAME_MAX_CHARS = 256;

/** A name as a part of a JSON pointer, with the slash before it; of a long one the beginning. */
export function pointerPart(name: string): string {
  const shown = name.length > NAME_MAX_CHARS ? `${name.slice(0, NAME_MAX_CHARS)}…` : name;
  return `/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
