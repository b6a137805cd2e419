import type { TSchema } from '@sinclair/typebox';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Keywords that only this server's validation knows. */
const INTERNAL_KEYWORDS = ['x-rule', 'x-rule-format', 'x-cut'];
const INTERNAL_FORMATS = ['plain-text'];
/** Keywords whose value is a schema. */
const HOLDERS = ['items', 'additionalProperties', 'propertyNames'];

type Naming = (schema: TSchema) => string | undefined;

/**
 * A schema as clients see it: plain JSON Schema without our own keywords and formats, so that a
 * strict validator accepts it.
 *
 * @param nameOf returns a reference to use instead of a schema; by default no schema is replaced
 */
export function publicSchema(schema: TSchema, nameOf: Naming = () => undefined): JsonSchema {
  const reference = nameOf(schema);
  return reference === undefined ? publicBody(schema, nameOf) : { $ref: reference };
}

/** The schema written out, even if `nameOf` has a reference for it; the schemas in it are replaced. */
export function publicBody(schema: TSchema, nameOf: Naming): JsonSchema {
  const inner = (value: unknown): JsonSchema => publicSchema(value as TSchema, nameOf);
  const shown: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (INTERNAL_KEYWORDS.includes(keyword)) continue;
    if (keyword === 'format' && INTERNAL_FORMATS.includes(value)) continue;
    if (keyword === 'properties') {
      const properties = Object.entries(value).map(([name, property]) => [name, inner(property)]);
      shown.properties = Object.fromEntries(properties);
    } else if (HOLDERS.includes(keyword)) {
      const held = inner(value);
      if (Object.keys(held).length > 0) shown[keyword] = held;
    } else {
      shown[keyword] = value;
    }
  }
  return shown;
}
