import type { CapabilityId, ErrorCode } from '@millrace/protocol';

/** Who asked for a command of administration; absent where nobody did but the server itself. */
export interface AuditSource {
  readonly keyId: string;
  readonly address: string;
  /** One request makes one entry at most of each outcome, so that this is its id. */
  readonly requestId: string;
}

/** A command whose effect is written down with it. */
export interface Audited {
  readonly audit?: AuditSource | undefined;
}

export interface AuditEntry {
  readonly requestId: string;
  readonly atMs: number;
  readonly action: CapabilityId;
  readonly refused: boolean;
  readonly code: ErrorCode | null;
  readonly keyId: string | null;
  readonly project: string | null;
  /** A queue, a subscription or a key. */
  readonly target: string | null;
  readonly address: string;
  /** Of refusals: so many equal ones within a minute. */
  readonly count: number;
}

/** A position in the log, whose order is that of these three. */
export type AuditPosition = Pick<AuditEntry, 'atMs' | 'requestId' | 'refused'>;
