import type { CapabilityId, ErrorCode } from '@millrace/protocol';

/** Who requested a command of administration; absent where the server issued the command itself. */
export interface AuditSource {
  readonly keyId: string;
  readonly address: string;
  /** A request makes at most one entry of each outcome, so its id identifies the entry. */
  readonly requestId: string;
}

/** A command whose audit entry is written together with its effect. */
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
  /** The name of a queue, or the id of a subscription or a key. */
  readonly target: string | null;
  readonly address: string;
  /** For a refusal: the number of equal refusals within a minute. */
  readonly count: number;
}

/** A position in the log, which is ordered by these three fields. */
export type AuditPosition = Pick<AuditEntry, 'atMs' | 'requestId' | 'refused'>;
