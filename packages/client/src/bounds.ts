import { invalidOption } from './errors.js';

/** Checks a number among the options of this package. @throws MillraceError `INVALID_OPTION` */
export function within(name: string, value: number, minimum: number, maximum: number): number {
  // Callers without types may pass a text, which compares like a number.
  if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
  const least = minimum.toLocaleString('en');
  const rule =
    maximum === Number.POSITIVE_INFINITY
      ? `at least ${least}`
      : `from ${least} to ${maximum.toLocaleString('en')}`;
  throw invalidOption(`${name} must be a number, ${rule}`);
}

/** The same for whole numbers. */
export function wholeWithin(name: string, value: number, minimum: number, maximum: number): number {
  if (!Number.isInteger(value)) throw invalidOption(`${name} must be a whole number`);
  return within(name, value, minimum, maximum);
}

/** `within` for a number that may be absent. */
export const withinIfGiven = (
  name: string,
  value: number | undefined,
  minimum: number,
  maximum: number,
): number | undefined => (value === undefined ? undefined : within(name, value, minimum, maximum));

/** The longest time that a timer can wait. */
export const TIMER_MAX_MS = 2 ** 31 - 1;
