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

/** Checks the fields of a call, wherever they stood, by the capability's schema. */
export function createValidator(capability: Capability): Validator {
  let isValid: ValidateFunction | undefined;
  let findFaults: FaultFinder | undefined;
  return (fields) => {
    // Compiled with the first call: all of them would take a good part of the start.
    isValid ??= compileSchema(capability.params);
    if (isValid(fields)) return undefined;
    findFaults ??= faultFinder(capability.params);
    const faults: ErrorDetail[] = [];
    findFaults(fields, '', faults);
    return invalidFields(faults);
  };
}

/**
 * In an optional field null means absent; a payload may be null. Texts for people are cut to what is
 * kept of them, and a lone surrogate in them gives way: none of that may cost the call.
 */
export function normalize(capability: Capability, fields: Fields): void {
  normalizeBy(capability.params, fields);
}

function normalizeBy(schema: TObject, fields: Fields): void {
  for (const name in schema.properties) {
    const property = schema.properties[name] as TSchema;
    const value = fields[name];
    // Where null is a value of its own (a payload, a setting that it clears), it stays.
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
