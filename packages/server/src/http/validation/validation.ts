import type { Capability, ErrorDetail } from '@millrace/protocol';
import type { TObject, TSchema } from '@sinclair/typebox';
import type { ValidateFunction } from 'ajv';
import type { Refusal } from '../../core/refusal.js';
import { firstCharacters } from '../body/first-characters.js';
import { compileSchema } from './compile-schema.js';
import { type FaultFinder, faultFinder } from './field-faults.js';
import { invalidFields } from './invalid-fields.js';

export type Fields = Record<string, unknown>;
export type Validator = (fields: Fields) => Refusal | undefined;

/** Validates the fields of a call, wherever they were sent, by the capability's schema. */
export function createValidator(capability: Capability): Validator {
  let isValid: ValidateFunction | undefined;
  let findFaults: FaultFinder | undefined;
  return (fields) => {
    // Compiled at the first call, because compiling all schemas would slow down the start.
    isValid ??= compileSchema(capability.params);
    if (isValid(fields)) return undefined;
    findFaults ??= faultFinder(capability.params);
    const faults: ErrorDetail[] = [];
    findFaults(fields, '', faults);
    return invalidFields(faults);
  };
}

/**
 * Prepares fields for validation. In an optional field null means absent; a payload may be null. Texts
 * for people are cut to the length that is kept, and lone surrogates in them are replaced, so that such
 * texts never cause a refusal.
 */
export function normalize(capability: Capability, fields: Fields): void {
  normalizeBy(capability.params, fields);
}

function normalizeBy(schema: TObject, fields: Fields): void {
  for (const name in schema.properties) {
    const property = schema.properties[name] as TSchema;
    const value = fields[name];
    // Null stays where it has a meaning of its own: as a payload, or to reset a setting.
    if (value === null && name !== 'payload' && !isNullable(property)) fields[name] = undefined;
    if (typeof value === 'string' && property['x-cut'] !== undefined) {
      fields[name] = firstCharacters(value, property['x-cut']).toWellFormed();
    }
    if (!Array.isArray(value) || property.items?.type !== 'object') continue;
    for (const item of value) {
      if (item !== null && typeof item === 'object') normalizeBy(property.items, item);
    }
  }
}

/** The fields that the schema knows, also in entries of lists. Two requests are compared by these. */
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

/** Converts text from a query string to a number or a boolean where the schema has one. */
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
