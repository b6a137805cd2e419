import type { JsonSchema } from '@millrace/protocol';

/** One field of a call or of an answer, as a row of a table. */
export interface FieldRow {
  /** With `[]` and dots for inner fields, as in `messages[].payload`. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

interface ObjectSchema extends JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** The fields of an object, each followed by its inner fields. */
export function fieldRows(schema: ObjectSchema, prefix = ''): FieldRow[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([field, property]) => {
    const name = prefix + field;
    const row = {
      name,
      type: typeText(property),
      required: required.includes(field),
      description: String(property.description ?? ''),
    };
    const items = property.type === 'array' ? (property.items as ObjectSchema) : undefined;
    if (items?.properties !== undefined) return [row, ...fieldRows(items, `${name}[].`)];
    if (property.properties !== undefined) return [row, ...fieldRows(property, `${name}.`)];
    return [row];
  });
}

/** The type and its bounds, in words. */
function typeText(schema: JsonSchema): string {
  const { enum: values, default: preset, format } = schema;
  if (isTimeInput(schema)) return 'time, or epoch milliseconds';
  const parts = [Array.isArray(values) ? values.map(String).join(' | ') : typeName(schema)];
  if (format === 'date-time') parts.push('time');
  const bounds = boundsText(schema);
  if (bounds !== '') parts.push(bounds);
  if (preset !== undefined) parts.push(`default ${JSON.stringify(preset)}`);
  return parts.join(', ');
}

/** A time in a request is the only field that may be a string or a number. */
const isTimeInput = ({ type }: JsonSchema): boolean =>
  Array.isArray(type) && type.includes('string') && type.includes('integer');

function typeName(schema: JsonSchema): string {
  const { type, items, additionalProperties } = schema;
  if (type === undefined) return 'any JSON';
  if (Array.isArray(type)) return type.join(' or ');
  if (type === 'array') return `array of ${itemName(items as JsonSchema)}`;
  if (additionalProperties !== undefined) return 'map of strings';
  return String(type);
}

const itemName = (items: JsonSchema): string =>
  Array.isArray(items.enum) ? items.enum.join(' | ') : `${typeName(items)}s`;

function boundsText(schema: JsonSchema): string {
  const { minimum, maximum, minLength, maxLength, maxItems } = schema as Record<string, number>;
  // A bound that is only the largest exact number tells the reader nothing.
  if (maximum === Number.MAX_SAFE_INTEGER) return `at least ${minimum}`;
  if (maximum !== undefined) return `${number(minimum ?? 0)} to ${number(maximum)}`;
  if (maxLength !== undefined) return `${minLength ?? 0} to ${number(maxLength)} characters`;
  if (maxItems !== undefined) return `at most ${number(maxItems)}`;
  return '';
}

/** A number with commas between thousands; Intl would take a hundred times longer to load. */
const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
