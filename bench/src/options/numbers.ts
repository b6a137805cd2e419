import { SMALLEST_PAYLOAD_BYTES } from '../calls/publish-call.js';

export function positiveNumber(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${option} cannot be ${text}: it must be a number above 0`);
}

export function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isInteger(value)) return value;
  throw new Error(`--${option} cannot be ${text}: it must be a whole number above 0`);
}

/** Reads `--payload-bytes`. */
export function payloadBytes(text: string, most = Number.POSITIVE_INFINITY): number {
  const bytes = positiveInteger('payload-bytes', text);
  if (bytes >= SMALLEST_PAYLOAD_BYTES && bytes <= most) return bytes;
  const allowed = Number.isFinite(most)
    ? `from ${SMALLEST_PAYLOAD_BYTES} to ${most}`
    : `at least ${SMALLEST_PAYLOAD_BYTES}`;
  throw new Error(`--payload-bytes must be ${allowed}, not ${text}`);
}
