import { createHash, timingSafeEqual } from 'node:crypto';
import { SCOPES } from '@millrace/protocol/scopes';
import type { Caller } from './caller.js';
import type { KeyRow } from './commands.js';
import type { Store } from './store.js';

/** A key is looked up again after this long: a revocation elsewhere holds within 5 s. */
const TRUSTED_MS = 2_000;
const CACHED_KEYS_MAX = 10_000;

export const DEFAULT_PROJECT = 'default';
/** The id of the key that the configuration sets; it is in no store. */
export const CONFIGURED_KEY_ID = 'configured';

/** @param secret as it stands in a header, where Node gives each byte as one character */
export const hashSecret = (secret: string): string =>
  createHash('sha256').update(secret, 'latin1').digest('hex');

/**
 * Who a secret belongs to. Secrets are compared by their digests only: what a wrong guess takes
 * tells nothing of the right one.
 */
export interface KeyRing {
  /**
   * Whose secret has this digest. Undefined: unknown, expired or revoked. A promise only where the
   * store has to be asked.
   */
  find(secretHash: string): Caller | undefined | Promise<Caller | undefined>;
  /** Forgets what it knows, after a change to the keys. */
  clear(): void;
}

interface Known {
  readonly key: KeyRow;
  readonly caller: Caller;
  readonly askedAtMs: number;
}

export function createKeyRing(store: Store, configuredSecret: string | undefined): KeyRing {
  const known = new Map<string, Known>();
  const asking = new Map<string, Promise<Caller | undefined>>();
  const configuredHash =
    configuredSecret === undefined
      ? undefined
      : Buffer.from(hashSecret(Buffer.from(configuredSecret, 'utf8').toString('latin1')));
  const configuredCaller: Caller = {
    keyId: CONFIGURED_KEY_ID,
    project: DEFAULT_PROJECT,
    scopes: SCOPES,
  };

  const ask = async (secretHash: string): Promise<Caller | undefined> => {
    try {
      const key = await store.read({ kind: 'findKey', secretHash });
      if (key === null) {
        known.delete(secretHash);
        return undefined;
      }
      const { keyId, project, scopes } = key;
      const entry: Known = {
        key,
        caller: { keyId, project, scopes },
        askedAtMs: store.clock.nowMs(),
      };
      if (known.size >= CACHED_KEYS_MAX) known.clear();
      known.set(secretHash, entry);
      return isValid(key, store.clock.nowMs()) ? entry.caller : undefined;
    } finally {
      asking.delete(secretHash);
    }
  };

  return {
    find(secretHash) {
      if (
        configuredHash !== undefined &&
        timingSafeEqual(Buffer.from(secretHash), configuredHash)
      ) {
        return configuredCaller;
      }
      const entry = known.get(secretHash);
      const nowMs = store.clock.nowMs();
      if (entry !== undefined && nowMs - entry.askedAtMs < TRUSTED_MS) {
        return isValid(entry.key, nowMs) ? entry.caller : undefined;
      }
      let answer = asking.get(secretHash);
      if (answer === undefined) {
        answer = ask(secretHash);
        asking.set(secretHash, answer);
      }
      return answer;
    },
    clear: () => known.clear(),
  };
}

const isValid = (key: KeyRow, nowMs: number): boolean =>
  key.revokedAtMs === null && (key.expiresAtMs === null || key.expiresAtMs > nowMs);
