import { Button, Menu } from '@mantine/core';
import { BookOpen, ChevronDown, LogOut } from 'lucide-react';
import { useSession } from '../session/session.js';
import classes from './shell.module.css';

/** Which project this is, what the key may do, and the way out. */
export function AccountMenu() {
  const { identity, signOut } = useSession();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          rightSection={<ChevronDown size={14} aria-hidden />}
          aria-label={`Project ${identity.project}: account`}
          className={classes.account}
        >
          {identity.project}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Project {identity.project} · scopes {identity.scopes.join(', ')}
        </Menu.Label>
        <Menu.Label>Key {identity.keyId}</Menu.Label>
        <Menu.Item component="a" href="/docs" leftSection={<BookOpen size={14} aria-hidden />}>
          Reference
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={14} aria-hidden />} onClick={() => signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
