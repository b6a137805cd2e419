import type { Capability } from '@millrace/protocol';
import type { TObject, TSchema } from '@sinclair/typebox';

export const OPEN_BRACE = 0x7b;
export const OPEN_BRACKET = 0x5b;
export const QUOTE = 0x22;

/** The most bytes of one character, which may be written as two escapes. */
const ESCAPED_MAX_BYTES = 12;

export interface KnownMember {
  readonly name: string;
  readonly shape: MemberShape;
}

/** How the members of an object are kept, by their names. */
export class BodyShape {
  private readonly byName = new Map<string, KnownMember>();
  /** The names, which are ASCII, by their lengths. */
  private readonly byLength: (KnownMember & { readonly bytes: Uint8Array })[][] = [];

  constructor(readonly members: ReadonlyMap<string, MemberShape>) {
    for (const [name, shape] of members) {
      this.byName.set(name, { name, shape });
      this.byLength[name.length] ??= [];
      this.byLength[name.length]?.push({ name, shape, bytes: Buffer.from(name) });
    }
  }

  get(name: string): KnownMember | undefined {
    return this.byName.get(name);
  }

  /** The member whose name is these bytes, written without escapes. */
  find(bytes: Uint8Array, from: number, to: number): KnownMember | undefined {
    const candidates = this.byLength[to - from];
    if (candidates === undefined) return undefined;
    for (const member of candidates) {
      let at = 0;
      while (from + at < to && bytes[from + at] === member.bytes[at]) at += 1;
      if (from + at === to) return member;
    }
    return undefined;
  }
}

export type MemberShape =
  /** A payload: its text is kept separately, byte for byte. */
  | { readonly kind: 'payload' }
  /**
   * `holds` is the opening bracket of the list or object that the schema allows, if it does. For a
   * text that is cut, `keptMaxBytes` is enough for all characters that are kept.
   */
  | { readonly kind: 'value'; readonly holds: number | undefined; readonly keptMaxBytes?: number }
  | { readonly kind: 'list'; readonly maxItems: number; readonly entry: BodyShape };

/** The shape of a capability's bodies, from its schema. To be made once for each capability. */
export function bodyShapeOf({ params, aliases = {} }: Capability): BodyShape {
  const members = membersOf(params);
  for (const [alias, name] of Object.entries(aliases)) {
    const member = members.get(name);
    if (member !== undefined) members.set(alias, member);
  }
  return new BodyShape(members);
}

function membersOf(schema: TObject): Map<string, MemberShape> {
  const members = Object.entries(schema.properties) as [string, TSchema][];
  return new Map(members.map(([name, member]) => [name, memberShapeOf(name, member)]));
}

function memberShapeOf(name: string, schema: TSchema): MemberShape {
  if (name === 'payload') return { kind: 'payload' };
  if (schema.items?.type === 'object') {
    const maxItems: number = schema.maxItems ?? Number.POSITIVE_INFINITY;
    return { kind: 'list', maxItems, entry: new BodyShape(membersOf(schema.items)) };
  }
  if (schema['x-cut'] !== undefined) {
    return { kind: 'value', holds: undefined, keptMaxBytes: schema['x-cut'] * ESCAPED_MAX_BYTES };
  }
  const types: unknown[] = [schema.type].flat();
  if (types.includes('object')) return { kind: 'value', holds: OPEN_BRACE };
  return { kind: 'value', holds: types.includes('array') ? OPEN_BRACKET : undefined };
}
