import { type Static, Type } from '@sinclair/typebox';
import { LIMITS } from '../limits.js';
import { SCOPES, type Scope } from '../scopes.js';
import {
  Cursor,
  Description,
  IdempotencyKey,
  Limit,
  OpaqueId,
  Optional,
  Page,
  ProjectName,
  Timestamp,
  TimestampInput,
} from './fields.js';

const ScopeName = Type.Unsafe<Scope>({ type: 'string', enum: [...SCOPES] });
const KeyId = Type.String({ description: 'The id of the key, which is no secret.' });

export const CreateKeyParams = Type.Object({
  name: Optional(Description('A name for people, cut to 128 characters.', LIMITS.keyNameMaxChars)),
  project: Optional(ProjectName, { default: 'default' }),
  scopes: Optional(
    Type.Array(ScopeName, {
      minItems: 1,
      maxItems: SCOPES.length,
      uniqueItems: true,
      description: 'What the key may do.',
    }),
    { default: ['manage'] },
  ),
  expires_at: Optional(TimestampInput('When the key stops working.')),
  idempotency_key: Optional(IdempotencyKey),
});
export type CreateKeyParams = Static<typeof CreateKeyParams>;

export const KeyRecord = Type.Object(
  {
    key_id: KeyId,
    name: Type.Optional(Type.String({ description: 'The name for people.' })),
    project: Type.String({ description: 'The project that the key belongs to.' }),
    scopes: Type.Array(ScopeName, { description: 'What the key may do.' }),
    created_at: Timestamp('When the key was created.'),
    expires_at: Type.Optional(Timestamp('When the key stops working.')),
    revoked_at: Type.Optional(Timestamp('When the key was revoked.')),
    last_used_at: Type.Optional(Timestamp('The minute in which it was last used.')),
  },
  { title: 'KeyRecord' },
);
export type KeyRecord = Static<typeof KeyRecord>;

export const CreateKeyReturns = Type.Composite(
  [
    KeyRecord,
    Type.Object({
      key: Type.Optional(Type.String({ description: 'The secret. It is shown only once.' })),
    }),
  ],
  { title: 'CreatedKey' },
);

export const ListKeysParams = Type.Object({ cursor: Optional(Cursor), limit: Optional(Limit) });
export type ListKeysParams = Static<typeof ListKeysParams>;
export const ListKeysReturns = Page('KeyPage', KeyRecord, 'The keys, without their secrets.');

export const WhoamiParams = Type.Object({});
export const WhoamiReturns = Type.Object(
  {
    key_id: Type.String({
      description: 'The id of the key; configured for the key that MILLRACE_API_KEY sets.',
    }),
    project: Type.String({ description: 'The project that the key belongs to.' }),
    scopes: Type.Array(ScopeName, { description: 'What the key may do, as it was granted.' }),
  },
  { title: 'KeyIdentity' },
);
export type WhoamiReturns = Static<typeof WhoamiReturns>;

export const RevokeKeyParams = Type.Object({
  key_id: OpaqueId('The id that account.keys.create returned.'),
  idempotency_key: Optional(IdempotencyKey),
});
export type RevokeKeyParams = Static<typeof RevokeKeyParams>;
export const RevokeKeyReturns = Type.Object(
  {
    key_id: KeyId,
    revoked: Type.Boolean({ description: 'true: by this call or an earlier one.' }),
  },
  { title: 'RevokeResult' },
);
