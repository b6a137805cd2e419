import { Anchor, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Mark } from '../design/mark.js';
import { useMay } from '../session/session.js';
import { AccountMenu } from './account-menu.js';
import { LiveToggle } from './live-toggle.js';
import { SchemeToggle } from './scheme-toggle.js';
import { ServerNotice } from './server-notice.js';
import classes from './shell.module.css';

/** What is around every page: the bar at its top, and a notice if the server is in trouble. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const mayAdministrate = useMay('admin');
  return (
    <>
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <header className={classes.bar}>
        <Link href="/" className={classes.home} aria-label="millrace: all queues">
          <Mark size={24} />
          <Text component="span" fw={600} className={classes.name}>
            millrace
          </Text>
        </Link>
        <nav className={classes.nav} aria-label="Pages">
          <BarLink href="/" isCurrent={(path) => path === '/' || path.startsWith('/queues')}>
            Queues
          </BarLink>
          {mayAdministrate && (
            <BarLink href="/keys" isCurrent={(path) => path.startsWith('/keys')}>
              Keys
            </BarLink>
          )}
          <Anchor href="/docs" className={`${classes.link} ${classes.reference}`} underline="never">
            Reference
          </Anchor>
        </nav>
        <div className={classes.tools}>
          <LiveToggle />
          <SchemeToggle />
          <AccountMenu />
        </div>
      </header>
      <main id="content" className={classes.content} tabIndex={-1}>
        <ServerNotice />
        {children}
      </main>
    </>
  );
}

interface BarLinkProps {
  readonly href: string;
  readonly children: string;
  isCurrent(path: string): boolean;
}

function BarLink({ href, children, isCurrent }: BarLinkProps) {
  const [path] = useLocation();
  return (
    <Link href={href} className={classes.link} aria-current={isCurrent(path) ? 'page' : undefined}>
      {children}
    </Link>
  );
}
