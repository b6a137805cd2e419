import type { ReactNode } from 'react';
import classes from './centered-page.module.css';

/** A page with one narrow panel in its middle. */
export function CenteredPage({ children }: { readonly children: ReactNode }) {
  return (
    <main className={classes.page}>
      <div className={classes.panel}>{children}</div>
    </main>
  );
}
