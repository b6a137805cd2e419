import type { ErrorDetail } from '@millrace/protocol';
import type { TObject, TSchema } from '@sinclair/typebox';
import type { ErrorObject } from 'ajv';
import { compileSchema } from './compile-schema.js';
import { DETAILS_MAX } from './invalid-fields.js';
import { pointerPart } from './json-pointer.js';

/** Adds the faults of a value, one for each path, until there are `DETAILS_MAX` of them. */
export type FaultFinder = (value: unknown, path: string, faults: ErrorDetail[]) => void;

/**
 * Checks a value in the order of its schema, field by field and entry by entry. A schema library that
 * collects all faults would create one for each bad entry, without a limit.
 */
export function faultFinder(schema: TSchema): FaultFinder {
  if (schema.properties !== undefined) return objectFaults(schema as TObject);
  if (schema.items !== undefined) return listFaults(schema);
  if (schema.additionalProperties !== undefined) return mapFaults(schema);
  return ownFault(schema);
}

/** Finds the first fault of a value itself, without the contents of a list or an object. */
function ownFault(schema: TSchema): FaultFinder {
  const { properties, required, items, additionalProperties, propertyNames, ...own } = schema;
  const isValid = compileSchema(own as TSchema);
  return (value, path, faults) => {
    if (!isValid(value)) faults.push({ path, message: ruleOf(isValid.errors?.[0], value) });
  };
}

function objectFaults(schema: TObject): FaultFinder {
  const own = ownFault(schema);
  const required = schema.required ?? [];
  const fields = Object.entries(schema.properties).map(
    ([name, field]) => [name, faultFinder(field as TSchema)] as const,
  );
  return (value, path, faults) => {
    if (addsFault(own, value, path, faults)) return;
    const object = value as Record<string, unknown>;
    for (const name of required) {
      if (faults.length === DETAILS_MAX) return;
      if (object[name] !== undefined) continue;
      faults.push({ path: path + pointerPart(name), message: 'is required' });
    }
    for (const [name, find] of fields) {
      if (faults.length === DETAILS_MAX) return;
      if (object[name] !== undefined) find(object[name], path + pointerPart(name), faults);
    }
  };
}

/** Finds the faults of a list; if it is too long, its items are not checked. */
function listFaults({ uniqueItems = false, ...schema }: TSchema): FaultFinder {
  const own = ownFault(schema as TSchema);
  const find = faultFinder(schema.items);
  // With the type of the items: without one, Ajv would compare every pair of items in full.
  const typed = { type: 'array', items: { type: schema.items.type }, uniqueItems };
  const isUnique = compileSchema(typed as unknown as TSchema);
  const maxItems: number = schema.maxItems ?? Number.POSITIVE_INFINITY;
  return (value, path, faults) => {
    own(value, path, faults);
    if (!Array.isArray(value) || value.length > maxItems) return;
    for (const [index, item] of value.entries()) {
      if (faults.length === DETAILS_MAX) return;
      find(item, `${path}/${index}`, faults);
    }
    if (faults.length === DETAILS_MAX || isUnique(value)) return;
    const [error] = isUnique.errors ?? [];
    if (error?.keyword === 'uniqueItems') {
      faults.push({ path, message: 'must not contain the same item twice' });
    }
  };
}

function mapFaults(schema: TSchema): FaultFinder {
  const own = ownFault(schema);
  const findInName = faultFinder({ ...schema.propertyNames, type: 'string' });
  const findInValue = faultFinder(schema.additionalProperties);
  return (value, path, faults) => {
    if (addsFault(own, value, path, faults)) return;
    // A fault of a name is reported as a fault of the map.
    const map = value as Record<string, unknown>;
    for (const name in map) if (addsFault(findInName, name, path, faults)) break;
    for (const name in map) {
      if (faults.length === DETAILS_MAX) return;
      findInValue(map[name], path + pointerPart(name), faults);
    }
  };
}

function addsFault(find: FaultFinder, value: unknown, path: string, faults: ErrorDetail[]) {
  const before = faults.length;
  find(value, path, faults);
  return faults.length > before;
}

function ruleOf(error: ErrorObject | null | undefined, value: unknown): string {
  const schema = error?.parentSchema;
  const type = error?.keyword === 'type' ? [error.params.type].flat() : undefined;
  if (type !== undefined && typeof value === 'number') {
    const bound = boundPassed(schema, value);
    if (bound !== undefined) return bound;
  }
  const rule: unknown = schema?.['x-rule'];
  // Such a rule says what a text or number must be like, but not that it must be one.
  const isOtherType = type?.length === 1 && PLAIN.has(type[0]);
  if (typeof rule === 'string' && !isOtherType) return rule;
  if (error?.keyword === 'format' && schema?.['x-rule-format'] !== undefined) {
    return String(schema['x-rule-format']);
  }
  if (error?.keyword === 'enum') {
    return `must be one of ${error.params.allowedValues.map(String).join(', ')}`;
  }
  if (type !== undefined) return `must be ${type.join(' or ')}`;
  return error?.message ?? 'is invalid';
}

const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'integer']);

/** A number beyond those of JavaScript, such as 1e400, is read as infinite, and no type accepts it. */
function boundPassed(schema: ErrorObject['parentSchema'], value: number): string | undefined {
  const { maximum, minimum } = schema ?? {};
  if (value === Number.POSITIVE_INFINITY && maximum !== undefined) return `must be <= ${maximum}`;
  if (value === Number.NEGATIVE_INFINITY && minimum !== undefined) return `must be >= ${minimum}`;
  return undefined;
}
