import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';

interface LiveUpdates {
  readonly isLive: boolean;
  toggle(): void;
}

const LiveUpdatesContext = createContext<LiveUpdates>({ isLive: true, toggle: () => undefined });

/** Whether views keep asking the server. Hidden tabs never do; TanStack Query sees to that. */
export function LiveUpdatesProvider({ children }: { readonly children: ReactNode }) {
  const [isLive, setIsLive] = useState(true);
  const value = useMemo(() => ({ isLive, toggle: () => setIsLive((live) => !live) }), [isLive]);
  return <LiveUpdatesContext value={value}>{children}</LiveUpdatesContext>;
}

export const useLiveUpdates = (): LiveUpdates => useContext(LiveUpdatesContext);

/** How often a query is repeated: each `intervalMs`, or never while updates are paused. */
export const useLiveInterval = (intervalMs: number): number | false =>
  useLiveUpdates().isLive && intervalMs;
