import { MillraceError } from '@millrace/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { createQueryClient } from '../api/query-client.js';
import { resumedSession } from './resumed-session.js';
import { scopeAllows } from './scopes.js';
import { type Session, SessionContext } from './session.js';
import { type SignedIn, signIn } from './sign-in.js';
import { SignInPage } from './sign-in-page.js';
import { forgetKey, storeKey } from './stored-key.js';
import { TooFewScopesPage } from './too-few-scopes-page.js';

/** Shows the console to whoever has a key, and otherwise asks for one. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  const [isResuming, setIsResuming] = useState(resumedSession !== undefined);
  const [reason, setReason] = useState<string | undefined>();

  const enter = useCallback(async (key: string): Promise<void> => {
    const result = await signIn(key);
    storeKey(key);
    setReason(undefined);
    setSignedIn(result);
  }, []);

  const signOut = useCallback((why?: string): void => {
    forgetKey();
    setSignedIn(null);
    setReason(why);
  }, []);

  useEffect(() => {
    resumedSession
      ?.then(setSignedIn)
      .catch((error: unknown) => {
        // If the server is only out of reach, the key stays for the next reload.
        if (error instanceof MillraceError && error.code === 'UNAUTHENTICATED') forgetKey();
        setReason(error instanceof Error ? error.message : String(error));
      })
      .finally(() => setIsResuming(false));
  }, []);

  if (isResuming) return null;
  if (signedIn === null) return <SignInPage reason={reason} onKey={enter} />;
  if (!scopeAllows(signedIn.identity.scopes, 'read')) {
    return <TooFewScopesPage identity={signedIn.identity} onSignOut={signOut} />;
  }
  return (
    <Signed signedIn={signedIn} signOut={signOut}>
      {children}
    </Signed>
  );
}

interface SignedProps {
  readonly signedIn: SignedIn;
  readonly signOut: Session['signOut'];
  readonly children: ReactNode;
}

/** What was read with one key must not be shown to the next, so each session has its own cache. */
function Signed({ signedIn, signOut, children }: SignedProps) {
  const session = useMemo(() => ({ ...signedIn, signOut }), [signedIn, signOut]);
  const queries = useMemo(() => createQueryClient(signOut), [signOut]);
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </SessionContext>
  );
}
