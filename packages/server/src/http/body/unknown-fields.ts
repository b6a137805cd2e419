import type { Capability, ErrorDetail } from '@millrace/protocol';
import type { TSchema } from '@sinclair/typebox';
import { type Refusal, refuse } from '../../core/refusal.js';
import { pointerPart } from '../validation/json-pointer.js';
import { createNameMatcher } from '../validation/nearest-name.js';
import type { Fields } from '../validation/validation.js';
import { firstCharacters } from './first-characters.js';

/** The most warnings in an answer; the search ends when they are found. */
export const WARNINGS_MAX = 10;
const SHOWN_MAX_CHARS = 64;
/** Longer names are not compared, because the time to compare names grows with their lengths. */
const COMPARED_MAX_CHARS = 32;

interface KnownNames {
  readonly names: ReadonlySet<string>;
  readonly nearest: (name: string) => string | undefined;
}

const knownNames = (names: readonly string[]): KnownNames => ({
  names: new Set(names),
  nearest: createNameMatcher(names),
});

/**
 * Finds the unknown fields of a call: first those of the call itself, then those of the entries of its
 * list. Names in payloads and maps are the caller's own and are not checked.
 */
export function createUnknownFinder(capability: Capability): (fields: Fields) => ErrorDetail[] {
  const { params, aliases = {} } = capability;
  const known = knownNames([...Object.keys(params.properties), ...Object.keys(aliases)]);
  const lists = Object.entries(params.properties)
    .filter(([, property]) => (property as TSchema).items?.type === 'object')
    .map(([name, property]) => ({
      name,
      known: knownNames(Object.keys((property as TSchema).items.properties)),
    }));
  return (fields) => {
    const found: ErrorDetail[] = [];
    addUnknown(fields, '', known, found);
    for (const list of lists) {
      const entries = fields[list.name];
      if (Array.isArray(entries)) addUnknownOfEntries(entries, `/${list.name}`, list.known, found);
    }
    return found;
  };
}

function addUnknownOfEntries(
  entries: readonly unknown[],
  path: string,
  known: KnownNames,
  found: ErrorDetail[],
): void {
  for (let index = 0; index < entries.length && found.length < WARNINGS_MAX; index += 1) {
    const entry = entries[index];
    if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) continue;
    addUnknown(entry as Fields, `${path}/${index}`, known, found);
  }
}

function addUnknown(fields: Fields, path: string, known: KnownNames, found: ErrorDetail[]): void {
  for (const name in fields) {
    if (found.length === WARNINGS_MAX) return;
    if (known.names.has(name)) continue;
    const nearest = name.length <= COMPARED_MAX_CHARS ? known.nearest(name) : undefined;
    found.push(told(path, name, nearest === undefined ? '' : `; did you mean ${nearest}?`));
  }
}

/** The query parameters of a call that takes a body, and so ignores them. */
export function strayParameters({ params }: Capability, query: Fields): ErrorDetail[] {
  const found: ErrorDetail[] = [];
  for (const name in query) {
    if (found.length === WARNINGS_MAX) break;
    const isKnown = Object.hasOwn(params.properties, name);
    found.push(told('', name, ` in the query string${isKnown ? '; send it in the body' : ''}`));
  }
  return found;
}

const told = (path: string, name: string, more: string): ErrorDetail => ({
  path: path + pointerPart(firstCharacters(name, SHOWN_MAX_CHARS)),
  message: `unknown field${more}`,
});

/** The refusal of unknown fields, for calls in which ignoring a misspelt field could do harm. */
export function unknownRefused(unknown: readonly ErrorDetail[]): Refusal {
  const [{ path, message }] = unknown as [ErrorDetail];
  return refuse('INVALID_REQUEST', `${path.slice(1)} is an ${message}`, {
    hint: 'Leave the field out, or correct its name. This call refuses unknown fields.',
    details: unknown,
  });
}
