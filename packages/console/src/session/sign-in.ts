import { Millrace, type WhoamiReturns } from '@millrace/client';

export interface SignedIn {
  readonly millrace: Millrace;
  readonly identity: WhoamiReturns;
}

/** Asks the server what the key may do. @throws MillraceError */
export async function signIn(apiKey: string): Promise<SignedIn> {
  const millrace = new Millrace({
    baseUrl: window.location.origin,
    apiKey,
    retries: { maxAttempts: 2 },
  });
  return { millrace, identity: await millrace.account.whoami() };
}
