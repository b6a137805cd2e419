import {
  AckParams,
  AuditEntry,
  KeyRecord,
  NackParams,
  PublishParams,
  PushSubscription,
  QueueMessage,
  QueueRecord,
  QueueStats,
} from '@millrace/protocol';
import { camelCase } from '../src/names.js';

/** A JSON Schema as the protocol declares it; only what its schemas use is known here. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly description?: string;
}

type Direction = 'in' | 'out';

/** Schemas with a type of their own, which other types refer to or extend. */
export const NAMED: Readonly<Record<Direction, ReadonlyMap<Schema, string>>> = {
  out: new Map<Schema, string>([
    [QueueRecord, 'QueueRecord'],
    [QueueMessage, 'QueueMessage'],
    [QueueStats, 'QueueStats'],
    [KeyRecord, 'KeyRecord'],
    [AuditEntry, 'AuditEntry'],
    [PushSubscription, 'PushSubscription'],
  ]),
  // The entries of a batch have the fields of the call for a single message.
  in: new Map<Schema, string>([
    [PublishParams, 'PublishParams'],
    [NackParams, 'NackParams'],
    [AckParams, 'AckParams'],
  ]),
};

/** Fields that every method takes in another way: from its queue, or from the options of a call. */
const GIVEN_OTHERWISE = ['queue', 'idempotency_key'];

/** The wire names in a text become the names that the client uses. */
const prose = (text: string): string =>
  text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (name) => camelCase(name));

function scalar(type: string): string {
  if (type === 'integer') return 'number';
  if (type === 'null' || type === 'string' || type === 'number' || type === 'boolean') return type;
  throw new Error(`the generator does not know the type ${type}`);
}

/** The TypeScript type of a schema. `T` stands for the payload. */
function typeOf(schema: Schema, direction: Direction): string {
  const types = [schema.type ?? []].flat();
  const orNull = types.includes('null') ? ' | null' : '';
  if (schema.enum)
    return schema.enum.map((value) => (value === null ? 'null' : `'${value}'`)).join(' | ');
  if (schema.properties) return objectType(schema, direction);
  if (types.includes('object')) return `Record<string, string>${orNull}`;
  if (schema.items) return `(${typeOf(schema.items, direction)})[]${orNull}`;
  if (types.length === 0) return 'T';
  // An input of this kind is a time; a Date becomes ISO 8601 text on its way.
  const time = types.includes('string') && types.includes('integer') ? ' | Date' : '';
  return types.map(scalar).join(' | ') + time;
}

/** A named type, or the fields written out, or both. */
function objectType(schema: Schema, direction: Direction): string {
  const base = baseOf(schema, direction);
  const own = fieldsOf(schema, direction, base);
  if (base === undefined) return `{\n${own}}`;
  return own === '' ? nameOf(base, direction) : `${nameOf(base, direction)} & {\n${own}}`;
}

const nameOf = (named: Schema, direction: Direction): string =>
  `${NAMED[direction].get(named)}${isGeneric(named) ? '<T>' : ''}`;

/**
 * The named schema whose fields are all among those of this one: an answer may add to a record. They are
 * compared by their text, because a composed schema holds copies of the fields of its parts.
 */
function baseOf(schema: Schema, direction: Direction): Schema | undefined {
  const texts = fieldTexts(schema, direction);
  return [...NAMED[direction].keys()].find((named) => {
    const wanted = fieldTexts(named, direction);
    const isWhole = direction === 'out' || wanted.length === texts.length;
    return isWhole && wanted.every((text) => texts.includes(text));
  });
}

const fieldTexts = (schema: Schema, direction: Direction): string[] =>
  fieldEntries(schema, direction).map(([name, field]) =>
    JSON.stringify([name, isOptional(schema, name), field]),
  );

const fieldEntries = (schema: Schema, direction: Direction): [string, Schema][] =>
  Object.entries(schema.properties ?? {}).filter(
    ([name]) => direction === 'out' || !GIVEN_OTHERWISE.includes(name),
  );

const isOptional = (schema: Schema, name: string): boolean => !schema.required?.includes(name);

/** Its fields, apart from those of the base. */
function fieldsOf(schema: Schema, direction: Direction, base?: Schema): string {
  return fieldEntries(schema, direction)
    .filter(([name]) => !(name in (base?.properties ?? {})))
    .map(([name, field]) => {
      const comment = field.description ? `/** ${prose(field.description)} */\n` : '';
      const mark = isOptional(schema, name) ? '?' : '';
      // Input fields may also be passed as undefined, whatever the compiler options of the caller.
      const absent = mark === '?' && direction === 'in' ? ' | undefined' : '';
      return `${comment}${camelCase(name)}${mark}: ${typeOf(field, direction)}${absent};\n`;
    })
    .join('');
}

/** Whether the payload occurs in it. */
const isGeneric = (schema: Schema): boolean =>
  Object.entries(schema.properties ?? {}).some(
    ([name, field]) =>
      name === 'payload' ||
      isGeneric(field) ||
      (field.items !== undefined && isGeneric(field.items)),
  );

/** An interface with the fields of the schema. It extends a named type if it has all fields of one. */
export function declaration(
  name: string,
  schema: Schema,
  direction: Direction,
  comment: string,
): string {
  const parameter = isGeneric(schema) ? '<T = unknown>' : '';
  const found = baseOf(schema, direction);
  // A named type is declared in full.
  const base = found === schema ? undefined : found;
  const heritage = base === undefined ? '' : ` extends ${nameOf(base, direction)}`;
  const own = fieldsOf(schema, direction, base);
  return `/** ${comment} */\nexport interface ${name}${parameter}${heritage} {\n${own}}\n`;
}

/** Whether a method takes all of its fields in another way. */
export const isEmpty = (schema: Schema): boolean => fieldEntries(schema, 'in').length === 0;
