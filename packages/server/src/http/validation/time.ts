const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
/** The last moment that a JavaScript date and ISO 8601 with four digits of year can say. */
const TIME_MAX_MS = 253_402_300_799_999;

/** A time as ISO 8601 in UTC or as epoch milliseconds; undefined for anything else. */
export function parseTime(input: string | number): number | undefined {
  if (typeof input === 'number') {
    return input >= 0 && input <= TIME_MAX_MS ? input : undefined;
  }
  const timeMs = ISO_UTC.test(input) ? Date.parse(input) : Number.NaN;
  if (Number.isNaN(timeMs)) return undefined;
  // Date.parse makes the 2nd of March of a 30th of February.
  return new Date(timeMs).toISOString().slice(0, 19) === input.slice(0, 19) ? timeMs : undefined;
}
