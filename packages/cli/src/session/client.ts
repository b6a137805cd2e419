import { Millrace, type RetryOptions } from '@millrace/client';
import { fetchPayloadTexts } from '@millrace/client/payload-texts';
import { checked } from './checked-fetch.js';
import type { Connection } from './connection.js';

interface ClientSettings {
  readonly retries: RetryOptions;
  readonly timeoutSeconds: number | undefined;
  /** Whether payloads are texts, as they were published. */
  readonly keepsPayloadTexts: boolean;
  readonly warn: (line: string) => void;
}

export const makeClient = (
  { url, apiKey }: Connection,
  { retries, timeoutSeconds, keepsPayloadTexts, warn }: ClientSettings,
): Millrace =>
  new Millrace({
    baseUrl: url,
    apiKey,
    retries,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1_000,
    fetch: keepsPayloadTexts ? checked(fetchPayloadTexts) : undefined,
    onWarning: ({ path, message }) => warn(`millrace: warning: ${path}: ${message}`),
  });
