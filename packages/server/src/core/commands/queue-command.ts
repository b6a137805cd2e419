import type { CapabilityId } from '@millrace/protocol';

/** What makes a retry of the same request safe; committed with the effect. */
export interface Idempotency {
  readonly capability: CapabilityId;
  readonly key: string;
  /** A digest of the request; another one under the same key is refused. */
  readonly fingerprint: string;
  readonly windowMs: number;
}

export interface QueueCommand {
  readonly project: string;
  readonly queue: string;
  readonly idempotency: Idempotency | null;
}
