import { Millrace, type RetryOptions } from '@millrace/client';
import { fetchPayloadTexts } from '@millrace/client/payload-texts';
import type { Connection } from './connection.js';

/** A client whose payloads are texts as they were published. */
export const makeClient = (
  { url, apiKey }: Connection,
  retries: RetryOptions,
  timeoutSeconds: number | undefined,
  warn: (line: string) => void,
): Millrace =>
  new Millrace({
    baseUrl: url,
    apiKey,
    retries,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1_000,
    fetch: fetchPayloadTexts,
    onWarning: ({ path, message }) => warn(`millrace: warning: ${path}: ${message}`),
  });
