import type { TObject, TSchema } from '@sinclair/typebox';
import type { Scope } from './scopes.js';

/**
 * One call of the wire contract. `params` describes every field, whether it is sent in the path, in
 * the query string (GET) or in the body; `returns` describes `data`.
 */
export interface Capability {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path parameters are written as `{name}`. */
  readonly path: string;
  /** Another path of the same call, with the queue in it, so that the body may be left out. */
  readonly queuePath?: string;
  /** A key needs any one of these. */
  readonly scopes: readonly Scope[];
  readonly params: TObject;
  readonly returns: TSchema;
  /** Alternative names of fields, for programs that use them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** The call refuses unknown fields instead of only warning about them. */
  readonly refusesUnknown?: true;
  /** The largest body that is read. */
  readonly bodyMaxBytes: number;
  readonly description: string;
}

/** The paths of a call; a client may use any of them. */
export const pathsOf = ({ path, queuePath }: Capability): string[] =>
  queuePath === undefined ? [path] : [path, queuePath];
