import type { Scope } from '@millrace/protocol';

/** Whether a caller may still act: its key can end while its call is under way. */
export interface Access {
  /** The key was revoked or has expired. */
  ended(): boolean;
  /** Calls back once when that happens; returns the way to stop listening. */
  onEnd(callback: () => void): () => void;
}

/** Who makes a call: the key, its project and what it may do. */
export interface Caller extends Access {
  readonly keyId: string;
  readonly project: string;
  readonly scopes: readonly Scope[];
}

/** Of those whose right to act does not end: the configured key, and the server itself. */
export const ENDLESS_ACCESS: Access = { ended: () => false, onEnd: () => () => undefined };
