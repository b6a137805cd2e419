const UNITS_MS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
const SECONDS = /^\d+(?:\.\d+)?$/;
const DURATION = /^(?:\d+(?:\.\d+)?(?:d|h|ms|m|s))+$/;
const PART = /(\d+(?:\.\d+)?)(d|h|ms|m|s)/g;

/**
 * Reads a duration such as `7d`, `90s` or `1h30m`; a number alone is in seconds.
 *
 * @returns milliseconds; undefined for anything else
 */
export function parseDuration(text: string): number | undefined {
  if (SECONDS.test(text)) return Math.round(Number(text) * 1_000);
  if (!DURATION.test(text)) return undefined;
  let wholeMs = 0;
  for (const [, amount, unit = ''] of text.matchAll(PART)) {
    wholeMs += Number(amount) * (UNITS_MS[unit] as number);
  }
  return Math.round(wholeMs);
}
