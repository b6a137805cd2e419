import { randomBytes } from 'node:crypto';
import {
  CAPABILITIES,
  type CreateKeyParams,
  type KeyRecord,
  LIMITS,
  type ListKeysParams,
  type RevokeKeyParams,
  type WhoamiReturns,
} from '@millrace/protocol';
import type { KeyRow } from '../../core/commands/commands.js';
import { isServerId } from '../../core/ids.js';
import { toIso } from '../../core/iso-time.js';
import { CONFIGURED_KEY_ID, DEFAULT_PROJECT, hashSecret } from '../../core/keys/key-ring.js';
import { openSealed, seal } from '../../core/keys/sealed-secret.js';
import { fieldRefusal, keyNotFound } from '../../core/refusal.js';
import { answer, type Call, type Route, respond } from '../call.js';
import { pageOf, readCursor } from '../validation/cursor.js';
import { parseTime } from '../validation/time.js';

/** A new secret of a key: the prefix and 192 random bits. */
export const newSecret = (): string => `ifr_${randomBytes(24).toString('base64url')}`;

const createKeyRoute: Route = {
  capability: CAPABILITIES.createKey,
  handle(call: Call<CreateKeyParams>, { service, ids, store }) {
    const { params, caller, idempotency, audit } = call;
    const expiresAtMs = params.expires_at === undefined ? null : parseTime(params.expires_at);
    if (expiresAtMs === undefined) {
      return fieldRefusal(
        '/expires_at',
        'must be a time, as ISO 8601 in UTC or as epoch milliseconds',
      );
    }
    if (expiresAtMs !== null && expiresAtMs <= store.clock.nowMs()) {
      return fieldRefusal('/expires_at', 'must be in the future');
    }
    const secret = newSecret();
    const callerSecret = call.secret();
    const outcome = service.submit(
      {
        kind: 'createKey',
        project: caller.project,
        key: {
          keyId: ids.uuid(),
          name: params.name ?? null,
          project: params.project ?? DEFAULT_PROJECT,
          scopes: params.scopes ?? ['manage'],
          secretHash: hashSecret(secret),
          expiresAtMs,
        },
        sealedSecret: idempotency === null ? null : seal(secret, callerSecret, idempotency.key),
        onlyIfNone: false,
        idempotency,
        audit,
      },
      caller,
    );
    return respond(outcome, ({ key, sealedSecret, replayed }) => {
      const shown = replayed
        ? openSealed(sealedSecret, callerSecret, idempotency?.key ?? '')
        : secret;
      return { ...keyRecord(key as NonNullable<typeof key>), ...(shown && { key: shown }) };
    });
  },
};

const KEY_ID = /^[0-9a-f-]{36}$/;
/** The most bytes of a record: its name may have 128 characters, all escaped. */
const KEY_MAX_BYTES = 1_280;

const listKeysRoute: Route = {
  capability: CAPABILITIES.listKeys,
  answerMaxBytes: ({ limit }: ListKeysParams) => (limit ?? LIMITS.listLimitDefault) * KEY_MAX_BYTES,
  async handle({ params }: Call<ListKeysParams>, { store, keyUse }) {
    const after = readCursor(params.cursor, KEY_ID);
    if (typeof after === 'object' && after !== null) return after;
    const limit = params.limit ?? LIMITS.listLimitDefault;
    await keyUse.flush();
    const rows = await store.read({ kind: 'listKeys', after, limit: limit + 1 });
    return answer(pageOf(rows.map(keyRecord), limit, ({ key_id }) => key_id));
  },
};

const revokeKeyRoute: Route = {
  capability: CAPABILITIES.revokeKey,
  handle({ params, caller, idempotency, audit }: Call<RevokeKeyParams>, { service, keyRing }) {
    const keyId = params.key_id;
    // A text that cannot be an id of ours is not looked up in the store.
    if (keyId !== CONFIGURED_KEY_ID && !isServerId(keyId)) return keyNotFound(keyId);
    if (keyId === CONFIGURED_KEY_ID) {
      return fieldRefusal(
        '/key_id',
        'must not be that of the key in MILLRACE_API_KEY, which cannot be revoked by a call',
        'Change MILLRACE_API_KEY and restart the server.',
      );
    }
    const outcome = service.submit(
      { kind: 'revokeKey', project: caller.project, keyId, idempotency, audit },
      caller,
    );
    return respond(outcome, () => {
      keyRing.revoked(keyId);
      return { key_id: keyId, revoked: true };
    });
  },
};

const whoamiRoute: Route = {
  capability: CAPABILITIES.whoami,
  async handle({ caller }: Call<object>) {
    const { keyId, project, scopes } = caller;
    const identity: WhoamiReturns = { key_id: keyId, project, scopes: [...scopes] };
    return answer(identity);
  },
};

function keyRecord(key: Omit<KeyRow, 'secretHash'>): KeyRecord {
  return {
    key_id: key.keyId,
    ...(key.name === null ? {} : { name: key.name }),
    project: key.project,
    scopes: [...key.scopes],
    created_at: toIso(key.createdAtMs),
    ...(key.expiresAtMs === null ? {} : { expires_at: toIso(key.expiresAtMs) }),
    ...(key.revokedAtMs === null ? {} : { revoked_at: toIso(key.revokedAtMs) }),
    ...(key.lastUsedAtMs == null ? {} : { last_used_at: toIso(key.lastUsedAtMs) }),
  };
}

export const KEY_ROUTES: readonly Route[] = [
  createKeyRoute,
  listKeysRoute,
  revokeKeyRoute,
  whoamiRoute,
];
