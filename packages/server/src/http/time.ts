const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
/** The last moment that a JavaScript date and ISO 8601 with four digits of year can say. */
const TIME_MAX_MS = 253_402_300_799_999;

/** A time as ISO 8601 in UTC or as epoch milliseconds; undefined for anything else. */
export function parseTime(input: string | number): number | undefined {
  if (typeof input === 'number') {
    return input >= 0 && input <= TIME_MAX_MS ? input : undefined;
  }
  const timeMs = ISO_UTC.test(input) ? Date.parse(input) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
