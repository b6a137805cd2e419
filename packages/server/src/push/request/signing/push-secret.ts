import { createHmac } from 'node:crypto';
import { openUnder, sealingKey, sealUnder } from '../../../core/keys/sealed-secret.js';
import type {
  PushSettings,
  PushSubscriptionRow,
  SealedTexts,
  StoredForms,
} from '../../../core/queue/push-subscription.js';

const SEALED = 'sealed:';
const PLAIN = 'plain:';
const CONTEXT = { secret: 'push secret', url: 'push url', headers: 'push headers' } as const;
type Kind = keyof typeof CONTEXT;

type Texts = Pick<PushSubscriptionRow, 'url' | 'headers'>;

/**
 * Seals and opens the secrets, urls and headers of subscriptions for the store. Without a key they are
 * stored unsealed. The first key seals and all keys open, so that one key can replace another.
 */
export class SecretBox {
  readonly isBeingRotated: boolean;
  private readonly first: string | undefined;
  private readonly keys: readonly string[];
  /** The keys derived from each key for each kind of text. */
  private readonly derived = new Map<string, Buffer>();

  constructor(keys: readonly string[]) {
    this.first = keys[0];
    this.isBeingRotated = keys.length > 1;
    // When a key was put into a list, white space at its ends may have been added or lost.
    this.keys = [...new Set([...keys, ...keys.map((key) => key.trim())])];
  }

  seal(secret: string): { readonly secret: string; readonly secretDigest: string } {
    return {
      secret: this.first === undefined ? `${PLAIN}${secret}` : this.sealed(secret, 'secret'),
      secretDigest: secretDigest(secret, this.first ?? CONTEXT.secret),
    };
  }

  sealUrl(url: string): Pick<PushSettings, 'url' | 'urlDigest'> {
    return this.first === undefined
      ? { url, urlDigest: null }
      : { url: this.sealed(url, 'url'), urlDigest: urlDigest(url, this.first) };
  }

  sealHeaders(headers: string): string {
    return this.first === undefined ? headers : this.sealed(headers, 'headers');
  }

  /** The forms by which rows are found that were stored under any of the keys, or without one. */
  formsOf(url: string, secret: string | null | undefined): StoredForms {
    return {
      plainUrl: url,
      urlDigests: this.keys.map((key) => urlDigest(url, key)),
      secretDigests:
        secret == null
          ? []
          : [...this.keys, CONTEXT.secret].map((key) => secretDigest(secret, key)),
    };
  }

  /** The opened secret; undefined if it was sealed under another key. */
  open(stored: string): string | undefined {
    return stored.startsWith(PLAIN) ? stored.slice(PLAIN.length) : this.opened(stored, 'secret');
  }

  /** The subscription with its url and headers opened; its secrets stay sealed. */
  openTexts<Row extends Texts>(row: Row): Row | undefined {
    const url = isSealed(row.url) ? this.opened(row.url, 'url') : row.url;
    const headers = isSealed(row.headers) ? this.opened(row.headers, 'headers') : row.headers;
    return url === undefined || headers === undefined ? undefined : { ...row, url, headers };
  }

  /** Seals a row under the first key. Returns a sealed row itself, or undefined if no key opens it. */
  sealAnew(row: SealedTexts): SealedTexts | undefined {
    const { url, headers, secret, previousSecret } = row;
    if (this.first === undefined || this.isOfFirstKey(row)) return row;
    const texts = this.openTexts({ url, headers });
    const secrets = [secret, previousSecret].map((text) => text && this.open(text));
    const [newest, previous] = secrets;
    if (texts === undefined || newest === undefined || previous === undefined) return undefined;
    return {
      ...this.sealUrl(texts.url),
      headers: texts.headers === null ? null : this.sealHeaders(texts.headers),
      ...(newest === null ? { secret: null, secretDigest: null } : this.seal(newest)),
      previousSecret: previous === null ? null : this.seal(previous).secret,
    };
  }

  private isOfFirstKey({ url, headers, secret, previousSecret }: SealedTexts): boolean {
    const opens = (text: string | null, kind: Kind): boolean =>
      text === null ||
      (isSealed(text) && this.openedWith(this.first as string, text, kind) != null);
    return (
      opens(url, 'url') &&
      opens(headers, 'headers') &&
      opens(secret, 'secret') &&
      opens(previousSecret, 'secret')
    );
  }

  private sealed(text: string, kind: Kind): string {
    return `${SEALED}${sealUnder(this.keyFor(this.first as string, kind), text)}`;
  }

  private opened(stored: string, kind: Kind): string | undefined {
    if (!isSealed(stored)) return undefined;
    for (const key of this.keys) {
      const text = this.openedWith(key, stored, kind);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  private openedWith(key: string, stored: string, kind: Kind): string | undefined {
    return openUnder(this.keyFor(key, kind), stored.slice(SEALED.length));
  }

  private keyFor(key: string, kind: Kind): Buffer {
    const name = `${kind} ${key}`;
    const derived = this.derived.get(name) ?? sealingKey(key, CONTEXT[kind]);
    this.derived.set(name, derived);
    return derived;
  }
}

// No url and no JSON begins with this prefix.
const isSealed = (text: string | null): text is string => text?.startsWith(SEALED) === true;

/** Keyed, so that a guess cannot be checked with the contents of the store alone. */
const secretDigest = (secret: string, key: string): string =>
  createHmac('sha256', key).update(secret).digest('hex');

const urlDigest = (url: string, key: string): string =>
  createHmac('sha256', key).update(`${CONTEXT.url}\n${url}`).digest('hex');
