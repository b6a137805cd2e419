import { useEffect } from 'react';

/** Names the page in the tab of the browser and in its history. */
export function usePageTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} · millrace`;
  }, [name]);
}
