import type { PushFormat } from '../../core/queue/push-subscription.js';

export interface DeliveryHeaders {
  readonly queue: string;
  /** 1 for the first delivery. */
  readonly attempt: number;
  readonly format: PushFormat;
  /** The result of `signatureHeaders`. */
  readonly signature: Readonly<Record<string, string>>;
  /** The message's own headers, as its publisher gave them. */
  readonly message: unknown;
  /** The trusted headers that the subscription accepts from messages. */
  readonly allowed?: readonly string[];
  /** The subscription's headers, as its owner gave them. */
  readonly subscription: unknown;
}

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
/** Receivers differ in how they read other bytes than these. */
const VALUE = /^[\t\x20-\x7e]*$/;
const VALUE_MAX_CHARS = 8 * 1024;

/** Headers that belong to the connection, frame the body or sign it, which only this server may set. */
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
/** Credentials, and headers by which a proxy describes a client. Receivers trust these headers. */
const TRUSTED = new Set(['authorization', 'cookie', 'forwarded', 'x-real-ip']);
const TRUSTED_PREFIX = 'x-forwarded-';

const RESERVED_PREFIXES = ['proxy-', 'webhook-', 'x-millrace-'];

/**
 * All headers of a delivery, by lower-case names, so that none occurs twice. Our own headers take
 * precedence over those of the subscription, and those over the message's, so that a publisher cannot
 * replace credentials that the owner of the subscription has set.
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

/** Undefined for a header that may be sent; otherwise the rule that it breaks. */
export function headerFault(name: string, value: unknown, format: PushFormat): string | undefined {
  const key = name.toLowerCase();
  if (!NAME.test(key)) return 'must have a valid header name';
  if (RESERVED.has(key) || RESERVED_PREFIXES.some((prefix) => key.startsWith(prefix))) {
    return 'must not be a header that the push itself sets';
  }
  // A whole message is always our JSON; only for a payload may its publisher know another type.
  if (key === 'content-type' && format !== 'payload') {
    return 'must not be set unless the format is payload';
  }
  if (typeof value !== 'string' || value.length > VALUE_MAX_CHARS || !VALUE.test(value)) {
    return `must be a string of at most ${VALUE_MAX_CHARS} printable ASCII characters`;
  }
  return undefined;
}

/** Leaves out trusted headers, so that a publisher cannot pose as somebody else to the receiver. */
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

/** The headers that can be sent. Others are left out, so that no message fails for its headers. */
function sendable(headers: unknown, format: PushFormat): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return {};
  const sent = Object.entries(headers)
    .filter(([name, value]) => headerFault(name, value, format) === undefined)
    .map(([name, value]) => [name.toLowerCase(), value.trim()]);
  return Object.fromEntries(sent);
}
