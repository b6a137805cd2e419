const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
/** The last time that ISO 8601 can express with a year of four digits. */
const TIME_MAX_MS = 253_402_300_799_999;

/** A time as ISO 8601 in UTC or as epoch milliseconds; undefined for anything else. */
export function parseTime(input: string | number): number | undefined {
  if (typeof input === 'number') {
    return input >= 0 && input <= TIME_MAX_MS ? input : undefined;
  }
  const timeMs = ISO_UTC.test(input) ? Date.parse(input) : Number.NaN;
  if (Number.isNaN(timeMs)) return undefined;
  // Date.parse turns 30 February into 2 March.
  return new Date(timeMs).toISOString().slice(0, 19) === input.slice(0, 19) ? timeMs : undefined;
}
