import { isIP } from 'node:net';
import { checkAddress, DENIED } from './address-guard.js';
import type { Networks } from './networks.js';

export const PUSH_URL_MAX_CHARS = 2_048;

export type UrlVerdict =
  | { readonly verdict: 'ok'; readonly url: URL }
  /** It is no url of a receiver at all. */
  | { readonly verdict: 'invalid'; readonly rule: string }
  /** It is one, and deliveries may not go there. */
  | { readonly verdict: 'forbidden'; readonly rule: string; readonly hint: string };

const invalid = (rule: string): UrlVerdict => ({ verdict: 'invalid', rule });
const forbidden = (rule: string, hint: string): UrlVerdict => ({
  verdict: 'forbidden',
  rule,
  hint,
});

const HTTPS_RULE = 'must begin with https:// (http:// only for networks that --push-allow names)';
const ADDRESS_RULE = 'must not lead to an address that is not public';
const DENIED_RULE = 'must not lead to a network that --push-deny names';

const HINTS = {
  scheme: 'Give the https url of the receiver.',
  plain: 'Use https; plain http is for networks that the operator opens with --push-allow.',
  userInfo:
    'Leave it out of the url and put the credentials into headers: {"authorization":"Basic …"}.',
  localhost:
    'Write 127.0.0.1 instead of the name, which the operator has to allow: --push-allow 127.0.0.1.',
  denied: 'The operator has closed this network; name another receiver.',
  notPublic: 'Name a receiver with a public address.',
};
/** Where receivers of an operator's own may be. */
const OWN_NETWORKS = ['private', 'loopback', 'shared by a carrier', 'site-local'];

/**
 * Checks the url of a receiver as far as it shows: names are checked by their addresses, at each
 * delivery. The url is checked as the WHATWG parser reads it, which is what will be connected to:
 * `https://0x7f.1`, `https://２１３０７０６４３３` and `https://%31%32%37.1` are all 127.0.0.1. What the
 * parser would silently drop or mend is refused, so that the url kept is the url that was given.
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
  // The parser takes any number of slashes, none included; others read another host there.
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return invalid('must have a host behind two slashes');
  // An empty name before the @ is gone after parsing.
  if (authority.includes('@')) {
    return forbidden('must not hold a user name or password', HINTS.userInfo);
  }
  if (text.includes('#')) return invalid('must have no fragment');
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
  // Whether its address lies in a named network shows when it is connected to.
  return isPlain && networks.isEmpty ? forbidden(HTTPS_RULE, HINTS.plain) : { verdict: 'ok', url };
}

const addressHint = (address: string, reason: string): string =>
  OWN_NETWORKS.includes(reason)
    ? `For a receiver of your own there, the operator names its network: --push-allow ${address}.`
    : HINTS.notPublic;

/** The host without the brackets of an IPv6 address. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

export const withoutFinalDot = (name: string): string =>
  name.endsWith('.') ? name.slice(0, -1) : name;

/** White space and control characters are dropped or encoded by the parser, backslashes are turned. */
const hasUnsafeCharacter = (text: string): boolean =>
  /[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\\\ufeff]/u.test(text);

/** The parser lets empty and overlong labels and a dozen odd characters pass. */
const isHostName = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
