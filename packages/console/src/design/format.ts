const WHOLE = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** 1,234 */
export const formatCount = (count: number): string => WHOLE.format(count);
/** 1.2M; for the axes of charts and narrow columns */
export const formatShort = (count: number): string => SHORT.format(count);

/** `1 message`, `2 messages` */
export const countOf = (count: number, noun: string, plural = `${noun}s`): string =>
  `${formatCount(count)} ${count === 1 ? noun : plural}`;

export const isOrAre = (count: number): string => (count === 1 ? 'is' : 'are');

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** A duration in its two largest units: `45 s`, `12 m 3 s`, `3 h 5 m` */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return seconds <= 0 ? '0 s' : '<1 s';
  for (const [index, [size, unit]] of UNITS.entries()) {
    if (seconds < size) continue;
    const rest = UNITS[index + 1];
    const smaller = rest === undefined ? 0 : Math.floor((seconds % size) / rest[0]);
    const whole = `${Math.floor(seconds / size)} ${unit}`;
    return smaller > 0 && rest !== undefined ? `${whole} ${smaller} ${rest[1]}` : whole;
  }
  return '0 s';
}

/** How long ago a time was, or how far ahead it is: `12 m ago`, `in 30 s` */
export function formatRelative(time: string, nowMs = Date.now()): string {
  const seconds = (nowMs - Date.parse(time)) / 1_000;
  if (Math.abs(seconds) < 1) return 'now';
  return seconds < 0 ? `in ${formatDuration(-seconds)}` : `${formatDuration(seconds)} ago`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
/** `14:03:05`, in the time zone of the person who looks. */
export const formatClock = (timeMs: number): string => CLOCK.format(timeMs);

const TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** In the time zone of the person who looks. */
export const formatTime = (time: string): string => TIME.format(new Date(time));
