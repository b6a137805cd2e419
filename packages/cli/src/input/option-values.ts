import { parseDuration } from '@millrace/server/duration';
import { InvalidArgumentError } from 'commander';

/** `90s`, `1h30m` or plain seconds. @returns seconds */
export function duration(text: string): number {
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : parseDuration(text);
  if (milliseconds !== undefined) return milliseconds / 1_000;
  throw new InvalidArgumentError('It must be a duration such as 90s, 1h30m or 7d.');
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
  const lengthMs = parseDuration(text);
  const atMs = lengthMs === undefined ? Date.parse(text) : Date.now() + direction * lengthMs;
  if (!Number.isNaN(atMs)) return new Date(atMs).toISOString();
  throw new InvalidArgumentError(`It must be a time such as 2026-05-31T12:00:00Z, or ${other}.`);
}
