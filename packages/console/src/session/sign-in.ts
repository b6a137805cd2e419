import { Millrace, type WhoamiReturns } from '@millrace/client';
import { fetchPayloadTexts } from '@millrace/client/payload-texts';

export interface SignedIn {
  readonly millrace: Millrace;
  readonly identity: WhoamiReturns;
}

/** Asks the server what the key may do. @throws MillraceError */
export async function signIn(apiKey: string): Promise<SignedIn> {
  const millrace = new Millrace({
    baseUrl: window.location.origin,
    apiKey,
    // A payload is shown as it was published, and JSON.parse would round large integers.
    fetch: fetchPayloadTexts,
    retries: { maxAttempts: 2 },
    // A stored key takes space, and somebody whose disk is full must be able to purge. Without keys only
    // what has certainly had no effect is repeated; people see the rest.
    idempotency: false,
  });
  return { millrace, identity: await millrace.account.whoami() };
}
