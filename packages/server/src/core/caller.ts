import type { Scope } from '@millrace/protocol';

/** Who makes a call: the key, its project and what it may do. */
export interface Caller {
  readonly keyId: string;
  readonly project: string;
  readonly scopes: readonly Scope[];
}
