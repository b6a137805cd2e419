import type { CapabilityId } from '@millrace/protocol';

/** Makes a retry of the same request safe; committed together with the effect. */
export interface Idempotency {
  readonly capability: CapabilityId;
  readonly key: string;
  /** A digest of the request; a different request under the same key is refused. */
  readonly fingerprint: string;
  readonly windowMs: number;
}

export interface QueueCommand {
  readonly project: string;
  readonly queue: string;
  readonly idempotency: Idempotency | null;
}
