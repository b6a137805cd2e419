import {
  AuditEntry,
  CAPABILITIES,
  type Capability,
  ERRORS,
  KeyRecord,
  LIMITS,
  PushSubscription,
  QueueMessage,
  QueueRecord,
  QueueStats,
} from '@millrace/protocol';
import { camelCase } from '../src/names.js';

/** A JSON Schema as the protocol declares it; only what its schemas use is known here. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly description?: string;
  readonly 'x-rule'?: string;
}

/** Schemas with a type of their own. They are found by identity, so that a type is written once. */
const RECORDS: ReadonlyMap<Schema, string> = new Map<Schema, string>([
  [QueueRecord, 'QueueRecord'],
  [QueueMessage, 'QueueMessage'],
  [QueueStats, 'QueueStats'],
  [KeyRecord, 'KeyRecord'],
  [AuditEntry, 'AuditEntry'],
  [PushSubscription, 'PushSubscription'],
]);

/** Fields that every method takes in another way: from its queue, or from the options of a call. */
const GIVEN_OTHERWISE = ['queue', 'idempotency_key'];

const pascalCase = (name: string): string => name[0]?.toUpperCase() + name.slice(1);

/** The wire names in a text become the names that the client uses. */
const prose = (text: string): string =>
  text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (name) => camelCase(name));

function scalar(type: string): string {
  if (type === 'integer') return 'number';
  if (type === 'null' || type === 'string' || type === 'number' || type === 'boolean') return type;
  throw new Error(`the generator does not know the type ${type}`);
}

/** The TypeScript type of a schema. `T` stands for the payload. */
function typeOf(schema: Schema, direction: 'in' | 'out', indent: string): string {
  const record = RECORDS.get(schema);
  if (record !== undefined) return isGeneric(schema) ? `${record}<T>` : record;
  const types = [schema.type ?? []].flat();
  const orNull = types.includes('null') ? ' | null' : '';
  if (schema.enum)
    return schema.enum.map((value) => (value === null ? 'null' : `'${value}'`)).join(' | ');
  if (schema.properties) return `{\n${fieldsOf(schema, direction, `${indent}  `)}${indent}}`;
  if (types.includes('object')) return `Record<string, string>${orNull}`;
  if (schema.items) return `${arrayOf(typeOf(schema.items, direction, indent))}${orNull}`;
  if (types.length === 0) return 'T';
  // An input of this kind is a time; a Date becomes ISO 8601 text on its way.
  const time = types.includes('string') && types.includes('integer') ? ' | Date' : '';
  return types.map(scalar).join(' | ') + time;
}

const arrayOf = (item: string): string => (item.includes(' | ') ? `(${item})[]` : `${item}[]`);

function fieldsOf(schema: Schema, direction: 'in' | 'out', indent: string): string {
  const names = Object.entries(schema.properties ?? {}).filter(
    ([name]) => direction === 'out' || !GIVEN_OTHERWISE.includes(name),
  );
  return names
    .map(([name, field]) => {
      const comment = field.description ? `${indent}/** ${prose(field.description)} */\n` : '';
      const isOptional = !schema.required?.includes(name);
      // Input fields may also be passed as undefined, whatever the compiler options of the caller.
      const absent = isOptional && direction === 'in' ? ' | undefined' : '';
      const type = typeOf(field, direction, indent) + absent;
      return `${comment}${indent}${camelCase(name)}${isOptional ? '?' : ''}: ${type};\n`;
    })
    .join('');
}

/** Whether the payload occurs in it. */
const isGeneric = (schema: Schema): boolean =>
  Object.entries(schema.properties ?? {}).some(
    ([name, field]) =>
      name === 'payload' ||
      isGeneric(field) ||
      ((field.items ?? false) && isGeneric(field.items as Schema)),
  );

function declaration(
  name: string,
  schema: Schema,
  direction: 'in' | 'out',
  comment: string,
): string {
  const parameter = isGeneric(schema) ? '<T = unknown>' : '';
  return `/** ${comment} */\nexport interface ${name}${parameter} {\n${fieldsOf(schema, direction, '  ')}}\n`;
}

/** Whether a method takes all of its fields in another way. */
const isEmpty = (schema: Schema): boolean => fieldsOf(schema, 'in', '') === '';

const HEAD =
  '// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.\n';

/** The records and the codes of errors. */
export function contractRecords(): string {
  const records = [...RECORDS].map(([schema, name]) =>
    declaration(name, schema, 'out', `The record ${name} of PROTOCOL.md.`),
  );
  const codes = Object.entries(ERRORS).map(
    ([code, { title }]) => `  /** ${title} */\n  | '${code}'`,
  );
  const errors = `/** The closed list of codes with which the server refuses a call. */\nexport type ServerErrorCode =\n${codes.join('\n')};\n`;
  return [HEAD, ...records, errors].join('\n');
}

/** Fields and answers of the calls that are chosen. */
export function contractCallTypes(isChosen: (id: string) => boolean): string {
  const calls = Object.entries(CAPABILITIES)
    .filter(([, { id }]) => isChosen(id))
    .flatMap(([name, capability]: [string, Capability]) => callTypes(pascalCase(name), capability))
    .join('\n');
  const used = [...RECORDS.values()]
    .filter((name) => new RegExp(`\\b${name}\\b`).test(calls))
    .sort();
  return `${HEAD}\nimport type { ${used.join(', ')} } from './records.js';\n\n${calls}`;
}

function callTypes(name: string, { id, params, returns }: Capability): string[] {
  const record = RECORDS.get(returns as Schema);
  const comment = `The answer of ${id}.`;
  return [
    ...(isEmpty(params as Schema)
      ? []
      : [declaration(`${name}Params`, params as Schema, 'in', `The fields of ${id}.`)]),
    record === undefined
      ? declaration(`${name}Returns`, returns as Schema, 'out', comment)
      : `/** ${comment} */\nexport type ${name}Returns = ${record};\n`,
  ];
}

/** Method and path of each call, and whether it accepts an idempotency key. */
export function contractCalls(): string {
  const entries = Object.entries(CAPABILITIES).map(([name, capability]: [string, Capability]) => {
    const path = capability.queuePath ?? capability.path;
    const acceptsKey = 'idempotency_key' in capability.params.properties;
    return `  ${name}: { id: '${capability.id}', method: '${capability.method}', path: '${path}', acceptsKey: ${acceptsKey} },`;
  });
  return `${HEAD}\nexport const CALLS = {\n${entries.join('\n')}\n} as const;\n`;
}

/** The limits that the client keeps to by itself. */
export function contractLimits(): string {
  const names = [
    'batchMaxMessages',
    'batchMaxBytes',
    'payloadMaxBytes',
    'consumeMaxMessages',
    'waitMaxSeconds',
    'delayMaxSeconds',
    'visibilityTimeoutMaxSeconds',
    'lastErrorMaxChars',
  ] as const;
  const entries = names.map(
    (name) => `  ${name}: ${LIMITS[name].toLocaleString('en').replaceAll(',', '_')},`,
  );
  return `${HEAD}\nexport const LIMITS = {\n${entries.join('\n')}\n} as const;\n`;
}
