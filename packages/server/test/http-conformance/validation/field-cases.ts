import { CAPABILITIES } from '@millrace/protocol';

export type CallName = keyof typeof CAPABILITIES;
export const CALL_NAMES = Object.keys(CAPABILITIES) as CallName[];

/** The part of JSON Schema that the protocol's schemas use. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  /** Contains null if null clears the field. */
  readonly enum?: readonly (string | null)[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: ObjectSchema;
}

interface ObjectSchema extends FieldSchema {
  readonly properties?: Record<string, unknown>;
  readonly required?: readonly string[];
}

export interface Field {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly required: boolean;
}

export const fieldsOf = (call: CallName): Field[] =>
  membersOf(CAPABILITIES[call].params as ObjectSchema);

/** The fields of one entry of a call's list. */
export function entryFieldsOf(call: CallName): Field[] {
  const list = fieldsOf(call).find(({ name }) => name === 'messages');
  return membersOf(list?.schema.items ?? {});
}

const membersOf = ({ properties = {}, required = [] }: ObjectSchema): Field[] =>
  Object.entries(properties).map(([name, schema]) => ({
    name,
    schema: schema as FieldSchema,
    required: required.includes(name),
  }));

const SAMPLES: Record<string, readonly string[]> = {
  string: ['"5"', '"true"', '""', '"x"'],
  number: ['5', '0', '-1', '1.5', '1e308', '-1e308', '9007199254740993', '1e400', '-1e400'],
  boolean: ['true', 'false'],
  array: ['[]', '["x"]', '[[]]'],
  object: ['{}', '{"a":"b"}', '{"$ref":"x"}'],
};

/** JSON texts that the schema of a field forbids. */
export function forbiddenTexts({ schema, required }: Field): string[] {
  if (schema.type === undefined) return [];
  // Every optional field may be null, which means either absent or cleared.
  const types = [schema.type]
    .flat()
    .filter((type) => type !== 'null')
    .map((type) => (type === 'integer' ? 'number' : type));
  const texts = Object.entries(SAMPLES)
    .filter(([type]) => !types.includes(type))
    .flatMap(([, samples]) => samples);
  if (required) texts.push('null');
  if (types.includes('string')) texts.push(...forbiddenStrings(schema).map((s) => quoted(s)));
  if (types.includes('number') && types.length === 1) texts.push(...forbiddenNumbers(schema));
  if (types.includes('array')) texts.push(...forbiddenLists(schema));
  if (types.includes('object')) texts.push('{"a":1}', '{"a":null}', '{"a":{}}', '{"a":"b","c":[]}');
  return texts;
}

const quoted = (text: string): string => JSON.stringify(text);

export function forbiddenStrings({ minLength, maxLength, pattern, enum: names }: FieldSchema) {
  const strings: string[] = [];
  if (minLength !== undefined && minLength > 0) strings.push('');
  if (maxLength !== undefined) strings.push('x'.repeat(maxLength + 1), '😀'.repeat(maxLength + 1));
  if (pattern !== undefined) strings.push(...ODD_NAMES);
  if (names !== undefined) {
    const texts = names.filter((name) => name !== null);
    strings.push('nonsense', '', ' ', ...texts.map((name) => name.toUpperCase()));
    strings.push(...texts.map((name) => `${name} `));
  }
  return strings;
}

/** Texts that cannot be the name of a queue or a project. */
export const ODD_NAMES = [
  'a b',
  ' a',
  'a\n',
  'a\u0000',
  'a/b',
  '../a',
  "a'b",
  'a"b',
  'a%20b',
  'ä',
  '队列',
  '😀',
  '\ud800',
  'a\u200bb',
  '\ufeffa',
  'Ａ',
  'a\u202eb',
  'e\u0301',
] as const;

export function forbiddenNumbers({ type, minimum, maximum }: FieldSchema): string[] {
  const isInteger = [type].flat().includes('integer');
  const step = isInteger ? 1 : 0.001;
  const texts = ['1e308', '-1e308', '1e400', '-1e400', '9007199254740993', '-9007199254740993'];
  if (minimum !== undefined) texts.push(String(minimum - step), String(minimum - 1));
  if (maximum !== undefined) texts.push(String(maximum + step), String(maximum + 1));
  if (isInteger) texts.push('1.5', '1.0000001');
  return texts;
}

function forbiddenLists({ minItems, uniqueItems, items }: FieldSchema): string[] {
  const texts = ['[1]', '[null]', '[["read"]]'];
  const takesAnyText = items?.type === 'string' && items.enum === undefined;
  if (!takesAnyText) texts.push('["nonsense"]', '["read","nonsense"]');
  if (minItems) texts.push('[]');
  if (uniqueItems) texts.push('["read","read"]');
  texts.push(JSON.stringify(Array.from({ length: 10_000 }, () => 'read')));
  return texts;
}
