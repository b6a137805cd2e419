import ipaddr from 'ipaddr.js';
import { type Address, isIPv4, parseAddress } from './addresses.js';
import { embeddedAddresses } from './embedded-addresses.js';
import type { Networks } from './networks.js';

export type AddressVerdict =
  | {
      readonly allowed: true;
      /** True if `--push-allow` names the address; plain http is allowed there too. */
      readonly byName: boolean;
    }
  | { readonly allowed: false; readonly reason: string };

/**
 * The networks that are not global unicast by the IANA special-purpose registries (IPv4: 2024-04). If
 * only a few addresses in a special block are globally reachable, the whole block is refused: those are
 * anycast addresses of the nearest gateway, or not endpoints at all.
 */
const IPV4_SPECIAL = (
  [
    ['0.0.0.0/8', 'this network'],
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'shared by a carrier'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link-local'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'protocol assignments'],
    ['192.0.2.0/24', 'documentation'],
    ['192.88.99.0/24', '6to4 relays'],
    ['192.168.0.0/16', 'private'],
    ['198.18.0.0/15', 'benchmarking'],
    ['198.51.100.0/24', 'documentation'],
    ['203.0.113.0/24', 'documentation'],
    ['224.0.0.0/4', 'multicast'],
    ['255.255.255.255/32', 'broadcast'],
    ['240.0.0.0/4', 'reserved'],
    // A public number, but on every Azure machine it is the host of that machine, with its metadata.
    ['168.63.129.16/32', 'the host of an Azure machine'],
  ] as const
).map(([cidr, reason]) => ({ network: ipaddr.IPv4.parseCIDR(cidr), reason }));

/** For IPv6 it is the other way round: these networks are global, and all others are refused. */
const IPV6_GLOBAL = ['2000::/3', '64:ff9b::/96'].map((cidr) => ipaddr.IPv6.parseCIDR(cidr));

const IPV6_SPECIAL = (
  [
    ['::/128', 'unspecified'],
    ['::1/128', 'loopback'],
    ['::/96', 'IPv4-compatible'],
    ['64:ff9b:1::/48', 'translation inside a network'],
    ['100::/64', 'discarded'],
    ['2001::/32', 'Teredo'],
    ['2001::/23', 'protocol assignments'],
    ['2001:db8::/32', 'documentation'],
    ['2002::/16', '6to4'],
    ['3fff::/20', 'documentation'],
    ['5f00::/16', 'segment routing'],
    ['fc00::/7', 'private'],
    ['fe80::/10', 'link-local'],
    ['fec0::/10', 'site-local'],
    ['ff00::/8', 'multicast'],
  ] as const
).map(([cidr, reason]) => ({ network: ipaddr.IPv6.parseCIDR(cidr), reason }));

export const DENIED = 'named by --push-deny';

/**
 * Whether a delivery may connect to this address: it must be global unicast or named by `--push-allow`,
 * and must not be named by `--push-deny`. An IPv4 address inside an IPv6 address is checked as well. If
 * `--push-allow` names only the IPv4 address, it may not be reached through an IPv6 gateway.
 */
export function checkAddress(text: string, networks: Networks): AddressVerdict {
  const address = parseAddress(text);
  if (address === undefined) return { allowed: false, reason: 'not a plain address' };
  const inside = isIPv4(address) ? [] : embeddedAddresses(address);
  if (networks.denies(text)) return { allowed: false, reason: DENIED };
  if (inside.some((inner) => networks.denies(inner.toString()))) {
    return { allowed: false, reason: `${DENIED} inside` };
  }
  const byName = networks.contains(text);
  const special = byName ? undefined : specialUse(address);
  if (special !== undefined) return { allowed: false, reason: special };
  for (const inner of inside) {
    const innerSpecial = specialUse(inner);
    if (innerSpecial !== undefined && !(byName && networks.contains(inner.toString()))) {
      return { allowed: false, reason: `${innerSpecial} inside` };
    }
  }
  return { allowed: true, byName };
}

/** The purpose of a special address; undefined for one that is global unicast. */
function specialUse(address: Address): string | undefined {
  if (isIPv4(address)) {
    return IPV4_SPECIAL.find(({ network }) => address.match(network))?.reason;
  }
  const special = IPV6_SPECIAL.find(({ network }) => address.match(network));
  if (special !== undefined) return special.reason;
  return IPV6_GLOBAL.some((network) => address.match(network)) ? undefined : 'not global unicast';
}
