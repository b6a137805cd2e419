import type { ReactNode } from 'react';

interface ScrollRegionProps {
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** Content that scrolls by itself, so the keyboard must reach it. */
export const ScrollRegion = ({ label, className, children }: ScrollRegionProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys scroll only what has the focus
  <section aria-label={label} className={className} tabIndex={0}>
    {children}
  </section>
);
