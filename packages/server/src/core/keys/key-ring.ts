import { createHash, timingSafeEqual } from 'node:crypto';
import { SCOPES } from '@millrace/protocol/scopes';
import { monotonicMs, setSystemTimer } from '../clock.js';
import type { KeyRow } from '../queue/commands.js';
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
export interface KeyRing {
  /**
   * The caller whose secret has this digest. Undefined: unknown, expired or revoked. A promise only if
   * the store has to be asked.
   */
  find(secretHash: string): Caller | undefined | Promise<Caller | undefined>;
  /** The same as far as it is known here, without asking the store. */
  peek(secretHash: string): Caller | undefined;
  /** Called when a key was revoked on this node. */
  revoked(keyId: string): void;
  /** Stops watching keys. */
  stop(): void;
}

export function createKeyRing(store: Store, configuredSecret: string | undefined): KeyRing {
  const lookups = new KeyLookups(store);
  const known = new Map<string, KnownKey>();
  /** Until when a digest counts as unknown. */
  const unknown = new Map<string, number>();
  /** Keys of calls under way. */
  const held = new Set<KnownKey>();
  let cancelWatch: (() => void) | undefined;
  const configuredHash =
    configuredSecret === undefined
      ? undefined
      : Buffer.from(hashSecret(Buffer.from(configuredSecret, 'utf8').toString('latin1')));
  const configuredCaller: Caller = {
    ...ENDLESS_ACCESS,
    keyId: CONFIGURED_KEY_ID,
    project: DEFAULT_PROJECT,
    scopes: SCOPES,
  };

  const heldChanged = (key: KnownKey, isHeld: boolean): void => {
    if (!isHeld) {
      held.delete(key);
      return;
    }
    held.add(key);
    cancelWatch ??= setSystemTimer(watch, WATCH_MS);
  };

  const watch = (): void => {
    cancelWatch = undefined;
    for (const key of [...held]) {
      key.tellIfEnded();
      if (key.ageMs() >= TRUSTED_MS) askAgain(key);
    }
    if (held.size > 0) cancelWatch = setSystemTimer(watch, WATCH_MS);
  };

  const askAgain = (key: KnownKey): void => {
    // If the store cannot be asked, its last answer stays valid.
    void lookups.find(key.secretHash, true).then(
      (row) => key.learn(row),
      () => undefined,
    );
  };

  const take = (secretHash: string, row: KeyRow | null): Caller | undefined => {
    const earlier = known.get(secretHash);
    if (earlier !== undefined) {
      earlier.learn(row);
      return earlier.ended() ? undefined : earlier;
    }
    if (row === null) {
      remember(unknown, secretHash, monotonicMs() + UNKNOWN_MS, UNKNOWN_MAX);
      return undefined;
    }
    const key = new KnownKey(row, secretHash, store.clock, heldChanged);
    remember(known, secretHash, key, KNOWN_MAX);
    return key.ended() ? undefined : key;
  };

  const isUnknown = (secretHash: string): boolean => {
    const untilMs = unknown.get(secretHash);
    if (untilMs === undefined || untilMs > monotonicMs()) return untilMs !== undefined;
    unknown.delete(secretHash);
    return false;
  };

  /** The digest of the configured key, once a caller has presented that key. */
  let shownHash: string | undefined;
  const isConfigured = (secretHash: string): boolean => {
    if (configuredHash === undefined) return false;
    if (secretHash === shownHash) return true;
    if (!timingSafeEqual(Buffer.from(secretHash), configuredHash)) return false;
    shownHash = secretHash;
    return true;
  };

  return {
    find(secretHash) {
      if (isConfigured(secretHash)) return configuredCaller;
      const key = known.get(secretHash);
      if (key !== undefined) {
        const ageMs = key.ageMs();
        if (ageMs >= TRUSTED_MS && ageMs < 2 * TRUSTED_MS) askAgain(key);
        if (ageMs < 2 * TRUSTED_MS) return key.ended() ? undefined : key;
      } else if (isUnknown(secretHash)) {
        return undefined;
      }
      return lookups.find(secretHash, key !== undefined).then((row) => take(secretHash, row));
    },
    peek(secretHash) {
      return isConfigured(secretHash) ? configuredCaller : known.get(secretHash);
    },
    revoked(keyId) {
      for (const key of [...known.values(), ...held]) if (key.keyId === keyId) key.revoke();
    },
    stop() {
      held.clear();
      cancelWatch?.();
    },
  };
}

/** Adds an entry; a full map drops its oldest one. */
function remember<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  if (map.size >= max) map.delete(map.keys().next().value as string);
  map.set(key, value);
}
