import { parseDuration } from '@millrace/server/duration';
import { InvalidArgumentError } from 'commander';

const DAY_SECONDS = 86_400;
const LONGEST_DAYS = 36_500;

/** `90s`, `1h30m` or plain seconds. @returns seconds */
export const duration = durationWithin(0, LONGEST_DAYS * DAY_SECONDS, `${LONGEST_DAYS}d`);

/** A pause of this program. Beyond 24 days, a timer would fire at once. */
export const pause = durationWithin(0, DAY_SECONDS, '1d');

/** How long a call may take. */
export const timeLimit = durationWithin(0.001, DAY_SECONDS, '1d');

function durationWithin(least: number, most: number, mostText: string): (text: string) => number {
  return (text) => {
    const milliseconds = parseDuration(text);
    if (milliseconds === undefined) {
      throw new InvalidArgumentError(
        'It must be a duration such as 90s, 1h30m or 7d; a number alone is in seconds.',
      );
    }
    const seconds = milliseconds / 1_000;
    if (seconds < least) throw new InvalidArgumentError('It must be at least 1ms.');
    if (seconds > most) throw new InvalidArgumentError(`It must be at most ${mostText}.`);
    return seconds;
  };
}

export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** `name: value` or `name=value`, any number of times. */
export function header(
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, name, value] = /^([^\s:=]+)\s*[:=]\s*(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return { ...earlier, [name]: value };
  throw new InvalidArgumentError('It must be NAME=VALUE.');
}

export const listOf = (text: string, earlier: readonly string[] = []): string[] => [
  ...earlier,
  ...text.split(',').filter((item) => item !== ''),
];

/** An ISO 8601 time, or a duration before now. @returns the time in ISO 8601 */
export const timeOrAge = (text: string): string => timeFromNow(text, -1, 'an age: 1h');

/** An ISO 8601 time, or a duration from now on. @returns the time in ISO 8601 */
export const timeOrSpan = (text: string): string => timeFromNow(text, 1, 'a time from now: 90d');

function timeFromNow(text: string, direction: 1 | -1, other: string): string {
  const isLength = parseDuration(text) !== undefined;
  const atMs = isLength ? Date.now() + direction * duration(text) * 1_000 : dateOf(text);
  if (atMs !== undefined && atMs >= 0 && atMs < YEAR_10000_MS) return new Date(atMs).toISOString();
  throw new InvalidArgumentError(
    `It must be a time from 1970 to 9999 such as 2026-05-31T12:00:00Z, or ${other}.`,
  );
}

const YEAR_10000_MS = Date.UTC(10_000, 0);
const DATE =
  /^(\d{4}-\d{2}-(\d{2}))(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Date.parse takes much else, such as `1` for a year. */
function dateOf(text: string): number | undefined {
  const [, date = '', day] = DATE.exec(text) ?? [];
  const atMs = Date.parse(text);
  // It makes 3 March of 31 February.
  const isThere = new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day);
  return Number.isNaN(atMs) || !isThere ? undefined : atMs;
}
