import type { Scope } from '@millrace/protocol';
import { type Clock, monotonicMs } from '../clock.js';
import type { KeyRow } from '../commands/commands.js';
import { inSlices } from '../engine/fairness/in-slices.js';
import type { Caller } from './caller.js';

/** A key as the store last described it, for as long as this node uses it. */
export class KnownKey implements Caller {
  readonly keyId: string;
  readonly project: string;
  readonly scopes: readonly Scope[];
  private readonly expiresAtMs: number | null;
  private isRevoked = false;
  private askedAtMs = monotonicMs();
  private readonly listeners = new Set<() => void>();

  constructor(
    key: KeyRow,
    readonly secretHash: string,
    private readonly clock: Clock,
    /** Called when the key gets its first listener, and when it has lost its last. */
    private readonly heldChanged: (key: KnownKey, isHeld: boolean) => void,
  ) {
    const { keyId, project, scopes, expiresAtMs } = key;
    this.keyId = keyId;
    this.project = project;
    this.scopes = scopes;
    this.expiresAtMs = expiresAtMs;
    this.learn(key);
  }

  /** How long ago the store was last asked. */
  ageMs(): number {
    return monotonicMs() - this.askedAtMs;
  }

  /** Takes over the store's latest answer; null: there is no such key any more. */
  learn(key: KeyRow | null): void {
    this.askedAtMs = monotonicMs();
    if (key === null || key.revokedAtMs !== null) this.revoke();
  }

  revoke(): void {
    this.isRevoked = true;
    this.tellIfEnded();
  }

  ended(): boolean {
    return this.isRevoked || (this.expiresAtMs !== null && this.expiresAtMs <= this.clock.nowMs());
  }

  onEnd(callback: () => void): () => void {
    this.listeners.add(callback);
    if (this.listeners.size === 1) this.heldChanged(this, true);
    return () => {
      if (this.listeners.delete(callback) && this.listeners.size === 0) {
        this.heldChanged(this, false);
      }
    };
  }

  tellIfEnded(): void {
    if (this.listeners.size === 0 || !this.ended()) return;
    const callbacks = [...this.listeners];
    this.listeners.clear();
    this.heldChanged(this, false);
    inSlices(callbacks, (callback) => callback());
  }
}
