import { Button, Checkbox, Loader, Title } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useKeys } from '../../api/keys.js';
import { EmptyState } from '../../design/empty-state.js';
import { Failure } from '../../design/failure.js';
import { useAddressParam } from '../../design/use-address-param.js';
import { usePageTitle } from '../../design/use-page-title.js';
import { useMay } from '../../session/session.js';
import { CreateKeyDialog } from './create-key-dialog.js';
import { KeyTable } from './key-table.js';
import classes from './keys-page.module.css';

/** The API keys of all projects. */
export default function KeysPage() {
  usePageTitle('Keys');
  if (!useMay('admin')) {
    return (
      <EmptyState title="Your key may not look at keys">
        It would need the scope admin. Sign in with such a key, or ask somebody who has one.
      </EmptyState>
    );
  }
  return <KeysForAdmins />;
}

function KeysForAdmins() {
  const keys = useKeys();
  const [isCreating, setIsCreating] = useState(false);
  const [ended, setEnded] = useAddressParam('ended');
  const showsEnded = ended === 'shown';
  const shown = (keys.data ?? []).filter((key) => showsEnded || key.revokedAt === undefined);
  return (
    <>
      <div className={classes.heading}>
        <Title order={1} size="h3">
          Keys
        </Title>
        <Checkbox
          label="Show revoked keys"
          checked={showsEnded}
          onChange={(event) => setEnded(event.currentTarget.checked ? 'shown' : '')}
        />
        <Button
          className={classes.create}
          leftSection={<Plus size={16} aria-hidden />}
          onClick={() => setIsCreating(true)}
        >
          Create key
        </Button>
      </div>
      {keys.isPending && <Loader aria-label="Reading the keys" />}
      {keys.isError && keys.data === undefined && (
        <Failure
          title="The keys could not be read"
          error={keys.error}
          onRetry={() => keys.refetch()}
        />
      )}
      {keys.isSuccess && shown.length === 0 && (
        <EmptyState title="There is no key here">
          The key in MILLRACE_API_KEY is not in this list. Create one for each program, with the
          scopes that it needs.
        </EmptyState>
      )}
      {shown.length > 0 && <KeyTable keys={shown} />}
      <CreateKeyDialog isOpen={isCreating} onClose={() => setIsCreating(false)} />
    </>
  );
}
