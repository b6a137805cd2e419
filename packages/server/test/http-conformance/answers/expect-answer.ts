import { expect } from 'vitest';
import type { HttpAnswer, Json } from '../../harness/http-server.js';

/** The closed list of error codes and their statuses in the wire contract. */
export const STATUS_OF_CODE = {
  INVALID_JSON: 400,
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  SCOPE_MISSING: 403,
  QUEUE_NOT_FOUND: 404,
  MESSAGE_NOT_FOUND: 404,
  SUBSCRIPTION_NOT_FOUND: 404,
  KEY_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  QUEUE_EXISTS: 409,
  QUEUE_IN_USE: 409,
  LEASE_LOST: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  DEAD_LETTER_QUEUE_NOT_FOUND: 422,
  DEAD_LETTER_CYCLE: 422,
  URL_NOT_ALLOWED: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  STORE_UNAVAILABLE: 503,
  OVERLOADED: 503,
  OUTCOME_UNKNOWN: 503,
  STORAGE_FULL: 507,
} as const;

export type Code = keyof typeof STATUS_OF_CODE;

export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const ISO_MILLISECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The data of a first answer, after checking its envelope. */
export const dataOf = (answer: HttpAnswer): Json => success(answer, false);

/** The data of an answer that must be a replay for an idempotency key. */
export const replayOf = (answer: HttpAnswer): Json => success(answer, true);

function success(answer: HttpAnswer, cacheHit: boolean): Json {
  expect(answer.status, answer.text.slice(0, 500)).toBe(200);
  expect(Object.keys(answer.body)).toEqual(['ok', 'data', 'error', 'metadata']);
  expect(answer.body.ok).toBe(true);
  expect(answer.body.error).toBeNull();
  expectMetadata(answer, cacheHit);
  return answer.body.data;
}

/** The warnings of an answer, after checking its envelope; the list must not be empty. */
export function warningsOf(answer: HttpAnswer): { path: string; message: string }[] {
  const { cache_hit, warnings } = answer.body.metadata;
  if (answer.status === 200) success(answer, cache_hit);
  else expectFailureEnvelope(answer);
  expect(warnings, answer.text.slice(0, 500)).toBeDefined();
  return warnings;
}

export const expectNoWarnings = ({ body, text }: HttpAnswer): void =>
  expect(body.metadata, text.slice(0, 500)).not.toHaveProperty('warnings');

/** The error of a failed answer, after checking its code, status and envelope. */
export function errorOf(answer: HttpAnswer, code: Code, why = ''): Json {
  const seen = `${why} ${answer.text.slice(0, 500)}`;
  expect(answer.body?.error?.code, seen).toBe(code);
  expect(answer.status, seen).toBe(STATUS_OF_CODE[code]);
  expectFailureEnvelope(answer);
  if ([429, 503].includes(answer.status))
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  if (answer.status === 405) expect(answer.headers.get('allow')).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
  return answer.body.error;
}

/** Expects a refusal of the request's fields that names this field. */
export function expectRefusedField(answer: HttpAnswer, field: string, why = ''): void {
  const { details = [] } = errorOf(answer, 'INVALID_REQUEST', why);
  const paths: string[] = details.map(({ path }: { path: string }) => path);
  const names = paths.some((path) => path === `/${field}` || path.startsWith(`/${field}/`));
  expect(names, `${why} details must name /${field}: ${answer.text.slice(0, 500)}`).toBe(true);
}

export function expectFailureEnvelope(answer: HttpAnswer): void {
  expect(Object.keys(answer.body)).toEqual(['ok', 'data', 'error', 'metadata']);
  expect(answer.body.ok).toBe(false);
  expect(answer.body.data).toBeNull();
  const { code, status, message, hint, details, ...rest } = answer.body.error;
  expect(rest).toEqual({});
  expect(status).toBe(answer.status);
  expect(Object.keys(STATUS_OF_CODE)).toContain(code);
  expect(message).toMatch(/\S/);
  // An empty member is left out, and never null.
  if ('hint' in answer.body.error) expect(hint).toMatch(/\S/);
  if ('details' in answer.body.error) {
    expect(details.length).toBeGreaterThan(0);
    for (const detail of details) {
      expect(detail).toEqual({
        path: expect.stringMatching(/^(\/.*)?$/s),
        message: expect.stringMatching(/\S/),
      });
    }
  }
  expectMetadata(answer, false);
}

function expectWarnings(warnings: Json[]): void {
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.length).toBeLessThanOrEqual(10);
  for (const warning of warnings) {
    expect(warning).toEqual({
      path: expect.stringMatching(/^\//),
      message: expect.stringMatching(/\S/),
    });
  }
}

function expectMetadata(answer: HttpAnswer, cacheHit: boolean): void {
  expect(answer.text.endsWith('}\n'), 'a line feed ends the answer').toBe(true);
  const length = answer.headers.get('content-length');
  expect(Number(length)).toBe(Buffer.byteLength(answer.text));
  expect(answer.headers.get('content-type')).toMatch(/^application\/json(; *charset=utf-8)?$/i);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const { warnings, ...metadata } = answer.body.metadata;
  // Many tests send unknown fields; the warnings about them have their own tests.
  if ('warnings' in answer.body.metadata) expectWarnings(warnings);
  expect(metadata).toEqual({
    cost_usd: 0,
    latency_ms: expect.any(Number),
    vendor: 'millrace',
    cache_hit: cacheHit,
    request_id: expect.stringMatching(UUID_V7),
  });
  expect(metadata.latency_ms).toBeGreaterThanOrEqual(0);
  expect(answer.headers.get('x-request-id')).toBe(metadata.request_id);
}
