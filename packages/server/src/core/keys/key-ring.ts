import { createHash, timingSafeEqual } from 'node:crypto';
import { SCOPES } from '@millrace/protocol/scopes';
import { monotonicMs, setSystemTimer } from '../clock.js';
import type { KeyRow } from '../commands/commands.js';
import type { Store } from '../store/store.js';
import { type Caller, ENDLESS_ACCESS } from './caller.js';
import { KeyLookups } from './key-lookups.js';
import { KnownKey } from './known-key.js';

/** How long the store's answer about a key is trusted; then as long again while the store is asked. */
const TRUSTED_MS = 2_000;
/** An unknown secret stays unknown: secrets are random, so no later key will have the same one. */
const UNKNOWN_MS = 60_000;
const KNOWN_MAX = 10_000;
const UNKNOWN_MAX = 10_000;
/** How often the keys of calls under way are checked. */
const WATCH_MS = 1_000;

export const DEFAULT_PROJECT = 'default';
/** The id of the key that the configuration sets; no store contains it. */
export const CONFIGURED_KEY_ID = 'configured';

/** @param secret as in a header, where Node represents each byte as one character */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret, 'latin1').digest('hex');

/**
 * Finds the caller that a secret belongs to. Only digests of secrets are compared, so that the time a
 * wrong guess takes reveals nothing about the right secret. A revocation, on this node or another, takes
 * effect here within 5 s, for new calls and for those under way.
 */
export class KeyRing {
  private readonly lookups: KeyLookups;
  private readonly known = new Map<string, KnownKey>();
  /** Until when a digest counts as unknown. */
  private readonly unknown = new Map<string, number>();
  /** The keys that were revoked on this node: the answer to an earlier look at the store may still come. */
  private readonly revokedIds = new Map<string, true>();
  /** Keys of calls under way. */
  private readonly held = new Set<KnownKey>();
  private readonly configured: ConfiguredKey | undefined;
  private cancelWatch: (() => void) | undefined;

  constructor(
    private readonly store: Store,
    configuredSecret: string | undefined,
  ) {
    this.lookups = new KeyLookups(store);
    this.configured =
      configuredSecret === undefined ? undefined : new ConfiguredKey(configuredSecret);
  }

  /**
   * The caller whose secret has this digest. Undefined: unknown, expired or revoked. A promise only if
   * the store has to be asked.
   */
  find(secretHash: string): Caller | undefined | Promise<Caller | undefined> {
    if (this.configured?.is(secretHash)) return this.configured.caller;
    const key = this.known.get(secretHash);
    if (key !== undefined) {
      const ageMs = key.ageMs();
      if (ageMs >= TRUSTED_MS && ageMs < 2 * TRUSTED_MS) this.askAgain(key);
      if (ageMs < 2 * TRUSTED_MS) return key.ended() ? undefined : key;
    } else if (this.isUnknown(secretHash)) {
      return undefined;
    }
    return this.lookups
      .find(secretHash, key !== undefined)
      .then((row) => this.take(secretHash, row));
  }

  /** The same as far as it is known here, without asking the store. */
  peek(secretHash: string): Caller | undefined {
    return this.configured?.is(secretHash) ? this.configured.caller : this.known.get(secretHash);
  }

  /** Called when a key was revoked on this node. */
  revoked(keyId: string): void {
    remember(this.revokedIds, keyId, true, KNOWN_MAX);
    for (const key of [...this.known.values(), ...this.held]) {
      if (key.keyId === keyId) key.revoke();
    }
  }

  /** Stops watching keys. */
  stop(): void {
    this.held.clear();
    this.cancelWatch?.();
  }

  private readonly heldChanged = (key: KnownKey, isHeld: boolean): void => {
    if (!isHeld) {
      this.held.delete(key);
      return;
    }
    this.held.add(key);
    this.cancelWatch ??= setSystemTimer(() => this.watch(), WATCH_MS);
  };

  private watch(): void {
    this.cancelWatch = undefined;
    for (const key of [...this.held]) {
      key.tellIfEnded();
      if (key.ageMs() >= TRUSTED_MS) this.askAgain(key);
    }
    if (this.held.size > 0) this.cancelWatch = setSystemTimer(() => this.watch(), WATCH_MS);
  }

  private askAgain(key: KnownKey): void {
    // If the store cannot be asked, its last answer stays valid.
    void this.lookups.find(key.secretHash, true).then(
      (row) => key.learn(row),
      () => undefined,
    );
  }

  private take(secretHash: string, row: KeyRow | null): Caller | undefined {
    const earlier = this.known.get(secretHash);
    if (earlier !== undefined) {
      earlier.learn(row);
      return earlier.ended() ? undefined : earlier;
    }
    if (row === null) {
      remember(this.unknown, secretHash, monotonicMs() + UNKNOWN_MS, UNKNOWN_MAX);
      return undefined;
    }
    const key = new KnownKey(row, secretHash, this.store.clock, this.heldChanged);
    if (this.revokedIds.has(row.keyId)) key.revoke();
    remember(this.known, secretHash, key, KNOWN_MAX);
    return key.ended() ? undefined : key;
  }

  private isUnknown(secretHash: string): boolean {
    const untilMs = this.unknown.get(secretHash);
    if (untilMs === undefined || untilMs > monotonicMs()) return untilMs !== undefined;
    this.unknown.delete(secretHash);
    return false;
  }
}

/** The key that the configuration sets. */
class ConfiguredKey {
  readonly caller: Caller = {
    ...ENDLESS_ACCESS,
    keyId: CONFIGURED_KEY_ID,
    project: DEFAULT_PROJECT,
    scopes: SCOPES,
  };
  private readonly hash: Buffer;
  /** The digest of the key, once a caller has shown that key. */
  private shownHash: string | undefined;

  constructor(secret: string) {
    this.hash = Buffer.from(hashSecret(Buffer.from(secret, 'utf8').toString('latin1')));
  }

  is(secretHash: string): boolean {
    if (secretHash === this.shownHash) return true;
    if (!timingSafeEqual(Buffer.from(secretHash), this.hash)) return false;
    this.shownHash = secretHash;
    return true;
  }
}

/** Adds an entry; a full map drops its oldest one. */
function remember<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  if (map.size >= max) map.delete(map.keys().next().value as string);
  map.set(key, value);
}
