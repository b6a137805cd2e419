import { ConfigError } from '../config-error.js';
import type { Setting } from '../settings.js';

const BYTE_UNITS: Record<string, number> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
/** The units to suggest for units of another spelling, by first letter. */
const MEANT: Record<string, string> = { K: 'KiB', M: 'MiB', G: 'GiB' };

export function toInteger(given: unknown, { type, min, max }: Setting, where: string): number {
  const text = typeof given === 'string' || typeof given === 'number' ? String(given) : '';
  const match = /^(\d+) ?(|KiB|MiB|GiB)$/.exec(text);
  const number = Number(match?.[1]) * (BYTE_UNITS[match?.[2] ?? ''] as number);
  const isPlain = type === 'bytes' || match?.[2] === '';
  if (match === null || !isPlain || !Number.isSafeInteger(number)) {
    const rule = type === 'bytes' ? ` of bytes, or of KiB, MiB or GiB${instead(text)}` : '';
    throw new ConfigError(`${where} must be a whole number${rule}`);
  }
  if (number < (min ?? 0) || number > (max ?? number)) {
    throw new ConfigError(
      `${where} must be ${min ?? 0} or more${max === undefined ? '' : ` and at most ${max}`}`,
    );
  }
  return number;
}

/** The rest of the rule: the right spelling if the unit is misspelt, otherwise an example. */
function instead(text: string): string {
  const [, digits, letter = ''] = /^(\d+)\s*([kmg])i?b?$/i.exec(text.trim()) ?? [];
  const unit = MEANT[letter.toUpperCase()];
  return unit === undefined ? ', for example 64MiB' : `: write ${digits}${unit}`;
}
