const FIRST_MS = 1_000;
const MAX_MS = 15 * 60 * 1_000;

/**
 * How long to wait after the given failure in a row (1 is the first): 1 s, doubling up to 15 minutes,
 * minus a random part of up to half, so that pushes that failed together are not retried together.
 */
export function backoffMs(attempt: number, random: () => number): number {
  // The exponent is limited, so that even a very high attempt number does not overflow.
  const wholeMs = Math.min(FIRST_MS * 2 ** Math.min(Math.max(0, attempt - 1), 30), MAX_MS);
  return Math.round(wholeMs / 2 + (wholeMs / 2) * random());
}
