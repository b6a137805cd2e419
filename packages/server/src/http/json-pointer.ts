/** A name as a part of a JSON pointer, with the slash before it. */
export const pointerPart = (name: string): string =>
  `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
