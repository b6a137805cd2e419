import { Badge, Button, Text } from '@mantine/core';
import type { KeyRecord } from '@millrace/client';
import { useState } from 'react';
import { useRevokeKey } from '../../api/keys.js';
import { TypedConfirmation } from '../../design/dialogs/typed-confirmation.js';
import { formatRelative, formatTime } from '../../design/format.js';
import { ScrollRegion } from '../../design/scroll-region.js';
import { useSession } from '../../session/session.js';
import classes from './keys-page.module.css';

export function KeyTable({ keys }: { readonly keys: readonly KeyRecord[] }) {
  return (
    <ScrollRegion label="All keys" className={classes.frame}>
      <table className={classes.table} aria-label="Keys">
        <thead>
          <tr>
            <th>Name</th>
            <th>Project</th>
            <th>Scopes</th>
            <th>Created</th>
            <th>Last used</th>
            <th>Ends</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.keyId} record={key} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function KeyRow({ record }: { readonly record: KeyRecord }) {
  const { keyId, name, project, scopes, createdAt, lastUsedAt, expiresAt, revokedAt } = record;
  const { identity } = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const revocation = useRevokeKey(keyId);
  const isOwn = identity.keyId === keyId;
  const word = name ?? keyId;
  return (
    <tr>
      <td title={keyId}>
        {name ?? <Text c="dimmed">no name</Text>} {isOwn && <Badge variant="light">yours</Badge>}
      </td>
      <td>{project}</td>
      <td>
        <span className={classes.scopes}>
          {scopes.map((scope) => (
            <Badge key={scope} variant="default" radius="sm" tt="none">
              {scope}
            </Badge>
          ))}
        </span>
      </td>
      <td title={formatTime(createdAt)}>{formatRelative(createdAt)}</td>
      <td>{lastUsedAt === undefined ? 'never' : formatRelative(lastUsedAt)}</td>
      <td>{endInWords(revokedAt, expiresAt)}</td>
      <td>
        {revokedAt === undefined && !isOwn && (
          <Button size="compact-sm" variant="default" onClick={() => setIsAsking(true)}>
            Revoke
          </Button>
        )}
        <TypedConfirmation
          title="Revoke the key"
          consequence={`Programs that use the key ${word} are refused within five seconds, for good.`}
          word={word}
          action="Revoke"
          isOpen={isAsking}
          mutation={revocation}
          onClose={() => setIsAsking(false)}
        />
      </td>
    </tr>
  );
}

function endInWords(revokedAt: string | undefined, expiresAt: string | undefined): string {
  if (revokedAt !== undefined) return `revoked ${formatRelative(revokedAt)}`;
  if (expiresAt === undefined) return 'never';
  return Date.parse(expiresAt) < Date.now()
    ? `expired ${formatRelative(expiresAt)}`
    : formatRelative(expiresAt);
}
