import ipaddr from 'ipaddr.js';

/** The positions of the four bytes in RFC 6052, for prefixes of 48, 56, 64 and 96 bits; byte 8 is 0. */
const NAT64_BYTES = [
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
  [12, 13, 14, 15],
] as const;

const network = (cidr: string) => ipaddr.IPv6.parseCIDR(cidr);
const COMPATIBLE = network('::/96');
const NAT64 = network('64:ff9b::/96');
const NAT64_LOCAL = network('64:ff9b:1::/48');
const TEREDO = network('2001::/32');
const SIX_TO_FOUR = network('2002::/16');

/**
 * The IPv4 addresses inside an IPv6 address, to which a gateway, a tunnel or an old kernel would pass
 * on packets. IPv4-mapped addresses do not come here; they are read as the IPv4 address.
 */
export function embeddedAddresses(address: ipaddr.IPv6): readonly ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const at = (...places: readonly number[]): ipaddr.IPv4 =>
    new ipaddr.IPv4(places.map((place) => bytes[place] ?? 0));

  if (address.match(NAT64)) return [at(12, 13, 14, 15)];
  if (address.match(SIX_TO_FOUR)) return [at(2, 3, 4, 5)];
  if (address.match(TEREDO)) {
    // The server's address is stored as it is, the client's with every bit inverted.
    const client = bytes.slice(12).map((byte) => byte ^ 0xff);
    return [at(4, 5, 6, 7), new ipaddr.IPv4(client)];
  }
  if (address.match(NAT64_LOCAL)) {
    // The length of the gateway's prefix is unknown, so every position with a likely address counts.
    const readings = NAT64_BYTES.map((places) => at(...places));
    const likely = readings.filter((inner) => inner.octets[0] !== 0);
    return likely.length > 0 ? likely : readings.slice(-1);
  }
  if (address.match(COMPATIBLE)) {
    // :: and ::1 have meanings of their own (RFC 4291).
    return bytes.slice(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1
      ? []
      : [at(12, 13, 14, 15)];
  }
  return isIsatap(bytes) ? [at(12, 13, 14, 15)] : [];
}

/** Whether the address has an interface id of ISATAP (RFC 5214), with any prefix. */
const isIsatap = (bytes: readonly number[]): boolean =>
  ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
