import { type Fields, fieldsOfAnswer, type Kind } from './answer-fields.js';

/**
 * A `fetch` that hands on only what a server of millrace answers. Another program may answer JSON that looks
 * like success, which a verb would tell as done, or break on. In its place the caller gets an empty text,
 * which the client reports as an answer that is not one of millrace.
 */
export const checked =
  (inner: typeof fetch): typeof fetch =>
  async (input, init) => {
    const response = await inner(input, init);
    const { status, headers } = response;
    const text = await response.text();
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const isOurs = isAnswer(text, fieldsOfAnswer(init?.method ?? 'GET', pathname) ?? {});
    return new Response(isOurs ? text : '', { status, headers });
  };

/** Whether a text can be an answer; what is no JSON at all, the client sees by itself. */
export function isAnswer(text: string, fields: Fields): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return true;
  }
  if (!isObject(value)) return false;
  const { ok, data, error, metadata } = value;
  return hasWarnings(metadata) && (ok === true ? hasFields(data, fields) : isRefusal(error));
}

const DETAILS = [{ path: 'string', message: 'string' }] as const;

function isRefusal(error: unknown): boolean {
  if (!hasFields(error, { code: 'string', message: 'string' })) return false;
  const { details = [] } = error;
  return isOfKind(details, DETAILS);
}

function hasWarnings(metadata: unknown): boolean {
  const { warnings = [] } = isObject(metadata) ? metadata : {};
  return isOfKind(warnings, DETAILS);
}

const hasFields = (value: unknown, fields: Fields): value is Record<string, unknown> =>
  isObject(value) && Object.entries(fields).every(([name, kind]) => isOfKind(value[name], kind));

function isOfKind(value: unknown, kind: Kind): boolean {
  if (kind === 'list') return Array.isArray(value);
  if (typeof kind === 'string') return typeof value === kind;
  return Array.isArray(value) && value.every((item) => hasFields(item, kind[0]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
