import type { TObject, TSchema } from '@sinclair/typebox';
import type { Scope } from './scopes.js';

/**
 * One call of the wire contract. `params` holds every field, whether it stands in the path, in the
 * query string (GET) or in the body; `returns` describes `data`.
 */
export interface Capability {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{name}` where a path parameter stands. */
  readonly path: string;
  /** The same call with the queue in the path as well, so that a body may be left out. */
  readonly queuePath?: string;
  /** Any one of these opens the call. */
  readonly scopes: readonly Scope[];
  readonly params: TObject;
  readonly returns: TSchema;
  /** Other names of fields, for programs that use them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** A field that it does not know is refused here, not only told of. */
  readonly refusesUnknown?: true;
  /** The largest body that is read. */
  readonly bodyMaxBytes: number;
  readonly description: string;
}

/** The paths of a call: a client may choose. */
export const pathsOf = ({ path, queuePath }: Capability): string[] =>
  queuePath === undefined ? [path] : [path, queuePath];
