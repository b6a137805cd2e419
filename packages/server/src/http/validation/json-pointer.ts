/** Names in answers are cut to this length, because a caller may send a very long name. */
const NAME_MAX_CHARS = 256;

/** A name as a part of a JSON pointer, with the slash before it. A long name is cut. */
export function pointerPart(name: string): string {
  const shown = name.length > NAME_MAX_CHARS ? `${name.slice(0, NAME_MAX_CHARS)}…` : name;
  return `/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
