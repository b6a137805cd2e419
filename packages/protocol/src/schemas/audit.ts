import { type Static, Type } from '@sinclair/typebox';
import { Cursor, Limit, Optional, Page, Timestamp } from './fields.js';

export const AuditEntry = Type.Object(
  {
    at: Timestamp('When the call was done, or first refused.'),
    action: Type.String({ description: 'The id of the call.' }),
    outcome: Type.Unsafe<'done' | 'refused'>({
      type: 'string',
      enum: ['done', 'refused'],
      description: 'Whether the call was done.',
    }),
    code: Type.Optional(Type.String({ description: 'The error code of a refused call.' })),
    key_id: Type.Optional(Type.String({ description: 'The key that was used, if it was known.' })),
    project: Type.Optional(Type.String({ description: 'The project of that key.' })),
    target: Type.Optional(
      Type.String({ description: 'The queue, subscription or key concerned.' }),
    ),
    address: Type.String({ description: 'The address that the request came from.' }),
    request_id: Type.String({ description: 'The id of the request, as its answer had it.' }),
    count: Type.Integer({
      description: 'How many equal refusals came within a minute of the first.',
    }),
  },
  { title: 'AuditEntry' },
);
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditParams = Type.Object({ cursor: Optional(Cursor), limit: Optional(Limit) });
export type AuditParams = Static<typeof AuditParams>;
export const AuditReturns = Page('AuditPage', AuditEntry, 'The entries, newest first.');
