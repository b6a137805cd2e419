import { type SignedIn, signIn } from './sign-in.js';
import { storedKey } from './stored-key.js';

/** The session of the key that this tab has; undefined without one. */
export const resumedSession: Promise<SignedIn> | undefined = resume();

function resume(): Promise<SignedIn> | undefined {
  const key = storedKey();
  if (key === null) return undefined;
  const resumed = signIn(key);
  // Whoever shows the page sees the failure, but only when there is a page.
  resumed.catch(() => undefined);
  return resumed;
}
