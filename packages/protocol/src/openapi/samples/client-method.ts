import type { Fields } from './sample.js';

/** A method of a client library. */
export interface ClientMethod {
  /** The method with what it is called on. */
  readonly path: string;
  /** The fields that it takes by position. `delivery` stands for message_id and receipt. */
  readonly positional?: readonly string[];
  /** It returns the items of a list, page by page. */
  readonly isList?: true;
}

/** The fields that a method takes by position, in order, and those that it takes by name. */
export function divided(
  fields: Fields,
  { positional = [] }: ClientMethod,
): { first: (readonly [string, unknown])[]; named: Record<string, unknown> } {
  const { message_id, receipt, ...others } = fields;
  const named: Record<string, unknown> = positional.includes('delivery')
    ? { ...others, delivery: { message_id, receipt } }
    : { ...fields };
  const first = positional.map((field) => {
    const value = named[field];
    delete named[field];
    return [field, value] as const;
  });
  return { first, named };
}
