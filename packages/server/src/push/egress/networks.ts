import ipaddr from 'ipaddr.js';
import { type Address, isIPv4, parseAddress, readLiteral } from './addresses.js';

/** The networks that the operator named with `--push-allow` and `--push-deny`. */
export interface Networks {
  /** True if `--push-allow` names no network. */
  readonly isEmpty: boolean;
  /** Whether `--push-allow` names the address; false for anything that is not an address. */
  contains(address: string): boolean;
  /** Whether `--push-deny` names the address; this takes precedence. */
  denies(address: string): boolean;
}

interface Network {
  readonly base: Address;
  readonly prefixBits: number;
}

/**
 * Reads networks in CIDR form; a single address is a network of one address. An IPv4-mapped network is
 * read as the IPv4 network inside, because addresses are compared in that form.
 *
 * @throws Error that names the entry and what is wrong with it
 */
export function parseNetworks(list: readonly string[]): Networks {
  const networks = list.map(parseNetwork);
  return {
    isEmpty: networks.length === 0,
    contains: (text) => {
      const address = parseAddress(text);
      return address !== undefined && networks.some((network) => holds(network, address));
    },
    denies: () => false,
  };
}

/** The allowed networks together with the denied ones. */
export const withoutNetworks = (allowed: Networks, denied: Networks): Networks => ({
  ...allowed,
  denies: (text) => denied.contains(text),
});

function parseNetwork(entry: string): Network {
  const [text = '', prefix, ...rest] = entry.split('/');
  const written = readLiteral(text);
  const base = parseAddress(text);
  if (written === undefined || base === undefined || rest.length > 0) {
    throw new Error(
      `${entry || 'an empty entry'} is not a network; write one like 10.1.0.0/16 or fd00::/8`,
    );
  }
  const widthBits = isIPv4(written) ? 32 : 128;
  const writtenBits = prefix === undefined ? widthBits : readPrefix(prefix);
  if (writtenBits === undefined || writtenBits > widthBits) {
    throw new Error(`${entry} is not a network; its prefix must be 0 to ${widthBits}`);
  }
  const isMapped = base.kind() !== written.kind();
  if (isMapped && writtenBits < 96) {
    throw new Error(
      `${entry} is not a network; the prefix of an IPv4-mapped one must be 96 or more`,
    );
  }
  const network = { base, prefixBits: isMapped ? writtenBits - 96 : writtenBits };
  const first = firstAddress(network);
  // 10.1.2.3/16 may mean one address or 65,536, and the operator must say which of them to open.
  if (first.toString() !== base.toString()) {
    throw new Error(
      `${entry} must not have bits set after its prefix; write ${first}/${network.prefixBits} for the network or ${base} for the address`,
    );
  }
  return network;
}

const readPrefix = (text: string): number | undefined =>
  /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined;

function firstAddress({ base, prefixBits }: Network): Address {
  const cidr = `${base}/${prefixBits}`;
  return isIPv4(base)
    ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
    : ipaddr.IPv6.networkAddressFromCIDR(cidr);
}

const holds = ({ base, prefixBits }: Network, address: Address): boolean =>
  base.kind() === address.kind() && address.match([base, prefixBits] as never);
