import { isIP } from 'node:net';
import { checkAddress, DENIED } from './address-guard.js';
import type { Networks } from './networks.js';

export const PUSH_URL_MAX_CHARS = 2_048;

export type UrlVerdict =
  | { readonly verdict: 'ok'; readonly url: URL }
  /** The text is not the url of a receiver. */
  | { readonly verdict: 'invalid'; readonly rule: string }
  /** The text is a url, but deliveries to it are not allowed. */
  | { readonly verdict: 'forbidden'; readonly rule: string; readonly hint: string };

const invalid = (rule: string): UrlVerdict => ({ verdict: 'invalid', rule });
const forbidden = (rule: string, hint: string): UrlVerdict => ({
  verdict: 'forbidden',
  rule,
  hint,
});

const HTTPS_RULE =
  'must begin with https:// (http:// is only for networks that --push-allow names)';
const ADDRESS_RULE = 'must not lead to an address that is not public';
const DENIED_RULE = 'must not lead to a network that --push-deny names';

const HINTS = {
  scheme: 'Give the https url of the receiver.',
  plain: 'Use https. Plain http is only for networks that the operator opens with --push-allow.',
  userInfo:
    'Leave them out of the url, and put the credentials into headers: {"authorization":"Basic …"}.',
  localhost:
    'Write 127.0.0.1 instead of the name. The operator must allow it with --push-allow 127.0.0.1.',
  denied: 'Give the url of another receiver: the operator has closed this network.',
  notPublic: 'Give the url of a receiver with a public address.',
};
/** The kinds of networks in which the operator's own receivers may be. */
const OWN_NETWORKS = ['private', 'loopback', 'shared by a carrier', 'site-local'];

/**
 * Checks the url of a receiver, as far as possible without connecting; the addresses of a name are
 * checked at each delivery. The url is checked as the WHATWG parser reads it, because deliveries use
 * that reading: `https://0x7f.1`, `https://２１３０７０６４３３` and `https://%31%32%37.1` are all
 * 127.0.0.1. Parts that the parser would silently drop or correct are refused, so that the stored url
 * is the given one.
 */
export function checkUrl(text: string, networks: Networks): UrlVerdict {
  if (text.length === 0 || text.length > PUSH_URL_MAX_CHARS) {
    return invalid(`must have 1 to ${PUSH_URL_MAX_CHARS} characters`);
  }
  if (hasUnsafeCharacter(text) || !text.isWellFormed()) {
    return invalid('must have no white space, control characters or backslashes');
  }
  if (!URL.canParse(text)) return invalid('must be an absolute url');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return forbidden(HTTPS_RULE, HINTS.scheme);
  }
  // The parser accepts any number of slashes, even none; other programs would read another host.
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return invalid('must have a host after two slashes');
  // Checked in the text, because the parser drops an empty name before the @.
  if (authority.includes('@')) {
    return forbidden('must not contain a user name or password', HINTS.userInfo);
  }
  if (text.includes('#')) return invalid('must not have a fragment');
  if (url.port === '0') return invalid('must not have the port 0');
  if (url.href.length > PUSH_URL_MAX_CHARS) {
    return invalid(`must have at most ${PUSH_URL_MAX_CHARS} characters when it is encoded`);
  }
  return checkHost(url, networks);
}

function checkHost(url: URL, networks: Networks): UrlVerdict {
  const host = hostOf(url);
  const isPlain = url.protocol === 'http:';
  if (isIP(host) !== 0) {
    const address = checkAddress(host, networks);
    if (!address.allowed) {
      return address.reason.startsWith(DENIED)
        ? forbidden(DENIED_RULE, HINTS.denied)
        : forbidden(`${ADDRESS_RULE} (${address.reason})`, addressHint(host, address.reason));
    }
    return isPlain && !address.byName ? forbidden(HTTPS_RULE, HINTS.plain) : { verdict: 'ok', url };
  }
  const name = withoutFinalDot(host);
  if (!isHostName(name)) return invalid('must have a valid host name');
  if (name === 'localhost' || name.endsWith('.localhost')) {
    return forbidden('must not lead to localhost', HINTS.localhost);
  }
  // Whether its address is in a network of --push-allow is checked when a delivery connects.
  return isPlain && networks.isEmpty ? forbidden(HTTPS_RULE, HINTS.plain) : { verdict: 'ok', url };
}

const addressHint = (address: string, reason: string): string =>
  OWN_NETWORKS.includes(reason)
    ? `If the receiver is your own, the operator can allow its network: --push-allow ${address}.`
    : HINTS.notPublic;

/** The host without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

export const withoutFinalDot = (name: string): string =>
  name.endsWith('.') ? name.slice(0, -1) : name;

/** The parser drops or encodes white space and control characters, and turns \ into /. */
const hasUnsafeCharacter = (text: string): boolean =>
  /[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\\\ufeff]/u.test(text);

/** Stricter than the parser, which accepts empty and overlong labels and a dozen unusual characters. */
const isHostName = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
