import { Millrace, type WhoamiReturns } from '@millrace/client';
import { fetchPayloadTexts } from '@millrace/client/payload-texts';
import { type QueuePage, readFirstQueues } from '../api/overview-calls.js';

export interface SignedIn {
  readonly millrace: Millrace;
  /** The key that signed in: its id, project and scopes. */
  readonly identity: WhoamiReturns;
  /** The first queues, if the overview is what shows next. They are given once, while they are new. */
  takeFirstQueues(): Promise<QueuePage> | undefined;
}

/** Asks the server what the key may do and, at once, for what the overview shows. @throws MillraceError */
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
  let firstQueues = isOverview() ? readFirstQueues(millrace) : undefined;
  // Whoever takes them sees the failure; if nobody may, there is none.
  firstQueues?.catch(() => undefined);
  return {
    millrace,
    identity: await millrace.account.whoami(),
    takeFirstQueues() {
      const taken = firstQueues;
      firstQueues = undefined;
      return taken;
    },
  };
}

const isOverview = (): boolean => /^\/console\/?$/.test(window.location.pathname);
