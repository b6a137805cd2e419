export const RETRY_AFTER_MAX_MS = 3_600_000;

/** The three date formats of HTTP: two for the first pattern. The third names no zone and is in GMT. */
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .+ GMT$/;
const ASCTIME_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/** How long a receiver asks us to wait: 0 to an hour, or null if it does not say. */
export function retryAfterMs(
  header: string | readonly string[] | undefined,
  nowMs: number,
): number | null {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return bounded(Number(text) * 1_000);
  const dateMs = HTTP_DATE.test(text)
    ? Date.parse(text)
    : ASCTIME_DATE.test(text)
      ? Date.parse(`${text} GMT`)
      : Number.NaN;
  return Number.isNaN(dateMs) ? null : bounded(dateMs - nowMs);
}

const bounded = (delayMs: number): number => Math.min(Math.max(0, delayMs), RETRY_AFTER_MAX_MS);
