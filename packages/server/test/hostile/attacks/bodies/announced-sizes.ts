const MEBIBYTE = 1_048_576;

/** Large sizes take the room for bodies, smaller ones the rest of it to the last byte. */
const SIZES = [
  ...Array.from({ length: 15 }, () => 17 * MEBIBYTE),
  ...[MEBIBYTE, 17 * MEBIBYTE, MEBIBYTE / 2, MEBIBYTE / 8, 8_192, 1_024, 512, 128, 64, 32],
];

export interface Announced {
  readonly path: string;
  readonly bytes: number;
}

/** The size that the nth connection announces for its body, and the path of its call. */
export function announcedBody(n: number): Announced {
  const bytes = SIZES[n % SIZES.length] as number;
  return { path: `/v1/queue/publish${bytes > MEBIBYTE ? '_batch' : ''}`, bytes };
}
