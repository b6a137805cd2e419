import { createContext, useContext } from 'react';
import { type Scope, scopeAllows } from './scopes.js';
import type { SignedIn } from './sign-in.js';

export interface Session extends SignedIn {
  /** @param reason shown on the page that asks for a key */
  signOut(reason?: string): void;
}

export const SessionContext = createContext<Session | null>(null);

/** The session of the person who has signed in. Pages exist only inside one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('there is no session around this component');
  return session;
}

/** Whether the key may make calls that need the scope; what it may not do is not offered. */
export function useMay(scope: Scope): boolean {
  return scopeAllows(useSession().identity.scopes, scope);
}
