let secondOfPrefix = Number.NaN;
let prefix = '';

/**
 * A time in ISO 8601, UTC, to the millisecond. Consecutive times mostly fall into the same second, so
 * the text of the last second is kept.
 */
export function toIso(timeMs: number): string {
  const second = Math.floor(timeMs / 1_000);
  if (second !== secondOfPrefix) {
    prefix = new Date(second * 1_000).toISOString().slice(0, -'000Z'.length);
    secondOfPrefix = second;
  }
  return `${prefix}${String(timeMs - second * 1_000).padStart(3, '0')}Z`;
}
