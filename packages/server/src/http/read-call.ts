import { isUtf8 } from 'node:buffer';
import { CAPABILITIES, type Capability, type ErrorDetail } from '@millrace/protocol';
import type { FastifyRequest } from 'fastify';
import { fieldRefusal, isRefusal, type Refusal, refuse } from '../core/refusal.js';
import type { Body } from './body/body.js';
import { checkMediaType } from './body/media-type.js';
import { parseJson } from './body/parse-json.js';
import { payloadTexts } from './body/payload-texts.js';
import {
  createUnknownFinder,
  strayParameters,
  unknownRefused,
  WARNINGS_MAX,
} from './body/unknown-fields.js';
import { coerceQuery, createValidator, type Fields, normalize } from './validation/validation.js';

/** The validated contents of a call. */
export interface ReadCall {
  /** The fields by their names, wherever they were sent. */
  readonly params: Fields;
  readonly payloads: () => readonly string[];
}

type CallReader = (request: FastifyRequest) => ReadCall | Refusal;

const NO_PAYLOADS = (): readonly string[] => [];

/**
 * Reads calls of a capability from requests, and checks the media type, then the JSON, then the
 * fields, for large and small bodies alike. Unknown fields become warnings in the answer.
 */
export function createCallReader(capability: Capability): CallReader {
  const { method, params, refusesUnknown } = capability;
  const validate = createValidator(capability);
  const findUnknown = createUnknownFinder(capability);
  const writes = 'idempotency_key' in params.properties;
  const queueField = capability === CAPABILITIES.create ? 'name' : 'queue';

  const unknownOf = (request: FastifyRequest, values: Fields): readonly ErrorDetail[] => {
    const stray = method === 'GET' ? [] : strayParameters(capability, request.query as Fields);
    return [...findUnknown(values), ...stray].slice(0, WARNINGS_MAX);
  };

  return (request) => {
    const sent = method === 'GET' ? readQuery(request, capability) : readBody(request, capability);
    if (isRefusal(sent)) return sent;
    const { params: values, payloads } = sent;
    const unknown = unknownOf(request, values);
    if (refusesUnknown && unknown.length > 0) return unknownRefused(unknown);
    addWarnings(request, unknown);
    normalize(capability, values);
    const disagreement = takePath(request.params as Fields, values);
    if (disagreement !== undefined) return disagreement;
    addWarnings(request, takeAliases(capability, values));
    if (writes && values.idempotency_key === undefined) {
      values.idempotency_key = headerText(request.headers['idempotency-key']);
    }
    const invalid = validate(values);
    if (invalid !== undefined) return invalid;
    // Only valid names get here, so the log may show them.
    request.trace.queue = values[queueField] as string | undefined;
    return { params: values, payloads };
  };
}

/** Puts warnings of the call itself before those about its fields, and keeps ten in all. */
export function addWarnings({ trace }: FastifyRequest, warnings: readonly ErrorDetail[]): void {
  if (warnings.length === 0) return;
  trace.warnings = [...warnings, ...(trace.warnings ?? [])].slice(0, WARNINGS_MAX);
}

function readQuery(request: FastifyRequest, capability: Capability): ReadCall | Refusal {
  const query = request.query as Fields;
  const names = Object.keys(capability.params.properties);
  const twice = names.find((name) => Array.isArray(query[name]));
  if (twice !== undefined) return fieldRefusal(`/${twice}`, 'must be given once');
  return { params: coerceQuery(capability, query), payloads: NO_PAYLOADS };
}

function readBody(request: FastifyRequest, capability: Capability): ReadCall | Refusal {
  const read = readValue(request, capability);
  if (read === undefined) return { params: {}, payloads: NO_PAYLOADS };
  if (isRefusal(read)) return read;
  const { value, payloads } = read;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return refuse('INVALID_REQUEST', 'The body must be a JSON object.', {
      hint: 'Send the fields of the call as one object.',
      details: [{ path: '', message: 'must be object' }],
    });
  }
  return { params: value as Fields, payloads };
}

interface ReadValue {
  readonly value: unknown;
  readonly payloads: () => readonly string[];
}

/** Undefined if there is no body. */
function readValue(
  request: FastifyRequest,
  capability: Capability,
): ReadValue | Refusal | undefined {
  const { bytes, scanned } = (request.body as Body | undefined) ?? NO_BODY;
  if (scanned !== undefined) {
    const { value, payloads } = scanned;
    return { value, payloads: () => payloads as readonly string[] };
  }
  if (bytes.length === 0) return undefined;
  const unread = checkMediaType(request);
  if (unread !== undefined) return unread;
  const parsed = parseJson(bytes);
  if (isRefusal(parsed)) return parsed;
  const { value, text } = parsed;
  return { value, payloads: () => payloadTexts(capability, text) };
}

const NO_BODY: Pick<Body, 'bytes' | 'scanned'> = { bytes: Buffer.alloc(0), scanned: undefined };

/** A field in the path may also be sent in the body or query string, but with the same value. */
function takePath(inPath: Fields, values: Fields): Refusal | undefined {
  for (const name in inPath) {
    if (values[name] !== undefined && values[name] !== inPath[name]) {
      return fieldRefusal(
        `/${name}`,
        'must be the same as in the path',
        'Send it in the path only.',
      );
    }
    values[name] = inPath[name];
  }
  return undefined;
}

/**
 * The field's own name takes precedence over its aliases, and an earlier alias over a later one.
 *
 * @returns a warning for each alias whose value is not the one that counts
 */
function takeAliases({ aliases = {} }: Capability, values: Fields): ErrorDetail[] {
  const warnings: ErrorDetail[] = [];
  for (const [alias, name] of Object.entries(aliases)) {
    const value = values[alias];
    if (value === undefined || value === null) continue;
    values[name] ??= value;
    if (values[name] === value) continue;
    const message = `ignored, because it is another name of ${name}, which has another value`;
    warnings.push({ path: `/${alias}`, message });
  }
  return warnings;
}

/** Node decodes headers as Latin-1; a key in UTF-8 must be the same key in a header as in a body. */
function headerText(value: string | string[] | undefined): string | string[] | undefined {
  if (typeof value !== 'string') return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}
