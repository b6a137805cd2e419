// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

import type { AuditEntry, KeyRecord } from './records.js';

/** The fields of account.keys.create. */
export interface CreateKeyParams {
  /** A name for people, cut to 128 characters. */
  name?: string | undefined;
  /** The project that the key belongs to. */
  project?: string | undefined;
  /** What the key may do. */
  scopes?: ('publish' | 'consume' | 'read' | 'manage' | 'metrics' | 'admin')[] | undefined;
  /** When the key stops working. */
  expiresAt?: string | number | Date | undefined;
}

/** The answer of account.keys.create. */
export interface CreateKeyReturns extends KeyRecord {
  /** The secret. It is shown only once. */
  key?: string;
}

/** The fields of account.keys.list. */
export interface ListKeysParams {
  /** The nextCursor of the previous page. */
  cursor?: string | undefined;
  /** Items in a page. */
  limit?: number | undefined;
}

/** The answer of account.keys.list. */
export interface ListKeysReturns {
  /** The keys, without their secrets. */
  items: KeyRecord[];
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string;
}

/** The fields of account.keys.revoke. */
export interface RevokeKeyParams {
  /** The id that account.keys.create returned. */
  keyId: string;
}

/** The answer of account.keys.revoke. */
export interface RevokeKeyReturns {
  /** The id of the key, which is no secret. */
  keyId: string;
  /** true: by this call or an earlier one. */
  revoked: boolean;
}

/** The answer of account.whoami. */
export interface WhoamiReturns {
  /** The id of the key; configured for the key that MILLRACE_API_KEY sets. */
  keyId: string;
  /** The project that the key belongs to. */
  project: string;
  /** What the key may do, as it was granted. */
  scopes: ('publish' | 'consume' | 'read' | 'manage' | 'metrics' | 'admin')[];
}

/** The fields of account.audit. */
export interface AuditParams {
  /** The nextCursor of the previous page. */
  cursor?: string | undefined;
  /** Items in a page. */
  limit?: number | undefined;
}

/** The answer of account.audit. */
export interface AuditReturns {
  /** The entries, newest first. */
  items: AuditEntry[];
  /** The cursor of the next page; absent on the last page. */
  nextCursor?: string;
}
