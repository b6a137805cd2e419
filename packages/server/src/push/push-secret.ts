import { createHmac } from 'node:crypto';
import { openSealed, seal } from '../core/sealed-secret.js';

const SEALED = 'sealed:';
const PLAIN = 'plain:';
const CONTEXT = 'push secret';

/** How the secrets of subscriptions lie in the store: sealed where the server has a key for it. */
export class SecretBox {
  constructor(private readonly masterKey: string | undefined) {}

  seal(secret: string): { readonly secret: string; readonly secretDigest: string } {
    const { masterKey } = this;
    return {
      secret:
        masterKey === undefined
          ? `${PLAIN}${secret}`
          : `${SEALED}${seal(secret, masterKey, CONTEXT)}`,
      // Under the key, so that the store alone does not tell whether a guess is right.
      secretDigest: createHmac('sha256', masterKey ?? CONTEXT)
        .update(secret)
        .digest('hex'),
    };
  }

  /** Undefined when it was sealed under another key. */
  open(stored: string): string | undefined {
    if (stored.startsWith(PLAIN)) return stored.slice(PLAIN.length);
    if (this.masterKey === undefined || !stored.startsWith(SEALED)) return undefined;
    return openSealed(stored.slice(SEALED.length), this.masterKey, CONTEXT);
  }
}
