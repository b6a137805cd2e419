import type { PushFormat } from '../../core/queue/push-subscription.js';

export interface DeliveryHeaders {
  readonly queue: string;
  /** 1 for the first delivery. */
  readonly attempt: number;
  readonly format: PushFormat;
  /** What `signatureHeaders` made. */
  readonly signature: Readonly<Record<string, string>>;
  /** The message's own headers, as its publisher gave them. */
  readonly message: unknown;
  /** Those of the message that the subscription takes although a receiver might believe them. */
  readonly allowed?: readonly string[];
  /** The subscription's headers, as its owner gave them. */
  readonly subscription: unknown;
}

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
/** Other bytes than these mean something else to every receiver. */
const VALUE = /^[\t\x20-\x7e]*$/;
const VALUE_MAX_CHARS = 8 * 1024;

/** They belong to the connection or frame the body, which are ours. */
const RESERVED = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'x-infrai-signature',
]);
/** Credentials, and what a proxy says of a client: a receiver believes whoever can set them. */
const TRUSTED = new Set(['authorization', 'cookie', 'forwarded', 'x-real-ip']);
const TRUSTED_PREFIX = 'x-forwarded-';

const RESERVED_PREFIXES = ['proxy-', 'webhook-', 'x-millrace-'];

/**
 * All headers of a delivery, by lower-case names, so that none can be there twice. Ours stand above
 * the subscription's and those above the message's: a publisher must not replace the credentials that
 * a subscription's owner set.
 */
export function deliveryHeaders(delivery: DeliveryHeaders): Record<string, string> {
  const { format } = delivery;
  return {
    'content-type': 'application/json',
    'user-agent': 'millrace',
    ...untrusted(sendable(delivery.message, format), delivery.allowed),
    ...sendable(delivery.subscription, format),
    ...delivery.signature,
    'x-millrace-queue': delivery.queue,
    'x-millrace-attempt': String(delivery.attempt),
  };
}

/** Undefined for a header that may be sent; for others the rule that it breaks. */
export function headerFault(name: string, value: unknown, format: PushFormat): string | undefined {
  const key = name.toLowerCase();
  if (!NAME.test(key)) return 'must have a valid header name';
  if (RESERVED.has(key) || RESERVED_PREFIXES.some((prefix) => key.startsWith(prefix))) {
    return 'must not be a header that the delivery sets itself';
  }
  // A whole message is always JSON of ours; of a payload its publisher may know more.
  if (key === 'content-type' && format !== 'payload') {
    return 'must not set the content type where the format is message';
  }
  if (typeof value !== 'string' || value.length > VALUE_MAX_CHARS || !VALUE.test(value)) {
    return `must be a string of at most ${VALUE_MAX_CHARS} printable ASCII characters`;
  }
  return undefined;
}

/** Whoever may publish must not speak to the receiver as somebody else. */
function untrusted(
  headers: Readonly<Record<string, string>>,
  allowed: readonly string[] = [],
): Readonly<Record<string, string>> {
  const isTrusted = (name: string) => TRUSTED.has(name) || name.startsWith(TRUSTED_PREFIX);
  const names = Object.keys(headers);
  if (!names.some(isTrusted)) return headers;
  const sent = names.filter((name) => !isTrusted(name) || allowed.includes(name));
  return Object.fromEntries(sent.map((name) => [name, headers[name] as string]));
}

/** What cannot be sent is left out: a message must not fail for a header that is only decoration. */
function sendable(headers: unknown, format: PushFormat): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return {};
  const sent = Object.entries(headers)
    .filter(([name, value]) => headerFault(name, value, format) === undefined)
    .map(([name, value]) => [name.toLowerCase(), value.trim()]);
  return Object.fromEntries(sent);
}
