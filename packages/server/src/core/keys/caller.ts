import type { Scope } from '@millrace/protocol';

/** Whether a caller may still act: its key can end while its call is under way. */
export interface Access {
  /** Whether the key was revoked or has expired. */
  ended(): boolean;
  /** Calls back once when that happens; returns a function that stops listening. */
  onEnd(callback: () => void): () => void;
}

/** The caller of a call: its key, its project and what it may do. */
export interface Caller extends Access {
  readonly keyId: string;
  readonly project: string;
  readonly scopes: readonly Scope[];
}

/** For callers whose right to act does not end: the configured key, and the server itself. */
export const ENDLESS_ACCESS: Access = { ended: () => false, onEnd: () => () => undefined };
