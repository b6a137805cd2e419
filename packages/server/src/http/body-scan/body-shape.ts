import type { Capability } from '@millrace/protocol';
import type { TObject, TSchema } from '@sinclair/typebox';

export const OPEN_BRACE = 0x7b;
export const OPEN_BRACKET = 0x5b;

/** What is kept of a body, by the names of its members. */
export type BodyShape = ReadonlyMap<string, MemberShape>;

export type MemberShape =
  /** Its text is kept apart, byte for byte. */
  | { readonly kind: 'payload' }
  /** `holds` is the bracket of what the schema lets it hold, if anything. */
  | { readonly kind: 'value'; readonly holds: number | undefined }
  | { readonly kind: 'list'; readonly maxItems: number; readonly entry: BodyShape };

/** What a capability's schema says of the members of its body; to be made once for each. */
export function bodyShapeOf({ params, aliases = {} }: Capability): BodyShape {
  const shape = shapeOf(params);
  for (const [alias, name] of Object.entries(aliases)) {
    const member = shape.get(name);
    if (member !== undefined) shape.set(alias, member);
  }
  return shape;
}

function shapeOf(schema: TObject): Map<string, MemberShape> {
  const members = Object.entries(schema.properties) as [string, TSchema][];
  return new Map(members.map(([name, member]) => [name, memberShapeOf(name, member)]));
}

function memberShapeOf(name: string, schema: TSchema): MemberShape {
  if (name === 'payload') return { kind: 'payload' };
  if (schema.items?.type === 'object') {
    const maxItems: number = schema.maxItems ?? Number.POSITIVE_INFINITY;
    return { kind: 'list', maxItems, entry: shapeOf(schema.items) };
  }
  const types: unknown[] = [schema.type].flat();
  if (types.includes('object')) return { kind: 'value', holds: OPEN_BRACE };
  return { kind: 'value', holds: types.includes('array') ? OPEN_BRACKET : undefined };
}
