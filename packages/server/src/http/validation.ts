import type { Capability, ErrorDetail } from '@millrace/protocol';
import type { TObject, TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { type Refusal, refuse } from '../core/refusal.js';

export type Fields = Record<string, unknown>;
export type Validator = (fields: Fields) => Refusal | undefined;

const DETAILS_MAX = 10;

// Bodies are bounded in bytes and schemas have no quadratic keywords but on short lists, so that
// all errors can be collected; values are never coerced nor filled in.
const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': true, 'plain-text': isPlainText },
});
ajv.addKeyword('x-rule');
ajv.addKeyword('x-rule-format');

function isPlainText(text: string): boolean {
  // A lone surrogate has no UTF-8; it would come back as another character.
  return text.isWellFormed();
}

/** Judges the fields of a call, wherever they stood, by the capability's schema. */
export function createValidator(capability: Capability): Validator {
  let validate: ValidateFunction | undefined;
  return (fields) => {
    // Compiled with the first call: all of them would take a good part of the start.
    validate ??= ajv.compile(capability.params);
    return validate(fields) ? undefined : explain(validate.errors ?? []);
  };
}

/** In an optional field null means absent; a payload may be null. */
export function dropNulls(capability: Capability, fields: Fields): void {
  dropNullsOf(capability.params, fields);
}

function dropNullsOf(schema: TObject, fields: Fields): void {
  for (const name in schema.properties) {
    const property = schema.properties[name] as TSchema;
    const value = fields[name];
    // Where null is a value of its own (a payload, a setting that it clears), it stays.
    if (value === null && name !== 'payload' && !isNullable(property)) fields[name] = undefined;
    if (!Array.isArray(value) || property.items?.type !== 'object') continue;
    for (const item of value) {
      if (item !== null && typeof item === 'object') dropNullsOf(property.items, item);
    }
  }
}

/** The fields that the schema knows, in entries of lists too: what two requests are compared by. */
export const knownFields = (capability: Capability, fields: Fields): Fields =>
  knownFieldsOf(capability.params, fields);

function knownFieldsOf(schema: TObject, fields: Fields): Fields {
  const known: Fields = {};
  for (const name in schema.properties) {
    const { items } = schema.properties[name] as TSchema;
    const value = fields[name];
    if (value === undefined) continue;
    const isListOfEntries = Array.isArray(value) && items?.type === 'object';
    known[name] = isListOfEntries ? value.map((item) => knownFieldsOf(items, item)) : value;
  }
  return known;
}

const isNullable = ({ type }: TSchema): boolean => Array.isArray(type) && type.includes('null');

/** Query strings are text: numbers and booleans are read out of them where the schema wants some. */
export function coerceQuery(capability: Capability, query: Fields): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(query)) {
    const type = capability.params.properties[name]?.type;
    fields[name] = typeof value === 'string' ? coerce(value, type) : value;
  }
  return fields;
}

function coerce(value: string, type: unknown): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(value)) {
    return Number(value);
  }
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function explain(errors: readonly ErrorObject[]): Refusal {
  const byPath = new Map<string, string>();
  for (const error of errors) {
    const { path, message } = explainOne(error);
    if (!byPath.has(path)) byPath.set(path, message);
  }
  const details: ErrorDetail[] = [...byPath].map(([path, message]) => ({ path, message }));
  const [first] = details as [ErrorDetail];
  return refuse('INVALID_REQUEST', `${first.path.slice(1)} ${first.message}`, {
    hint: 'Correct the fields that details names.',
    details: details.slice(0, DETAILS_MAX),
  });
}

function explainOne(error: ErrorObject): ErrorDetail {
  const { keyword, instancePath, params, parentSchema } = error;
  if (keyword === 'required') {
    return { path: `${instancePath}/${params.missingProperty}`, message: 'is required' };
  }
  const rule: unknown = parentSchema?.['x-rule'];
  const path = instancePath;
  if (typeof rule === 'string') return { path, message: rule };
  if (keyword === 'format') {
    return { path, message: String(parentSchema?.['x-rule-format'] ?? error.message) };
  }
  if (keyword === 'enum') {
    return { path, message: `must be one of ${params.allowedValues.join(', ')}` };
  }
  return { path, message: error.message ?? 'is invalid' };
}
