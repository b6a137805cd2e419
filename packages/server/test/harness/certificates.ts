import {
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

/* Writes X.509 certificates in as much DER as the tests need, so that the repository contains no key. */
const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (...bytes: number[]) => der(0x06, Buffer.from(bytes));
const bits = (body: Buffer) => der(0x03, Buffer.from([0]), body);
const nameOf = (text: string) =>
  sequence(der(0x31, sequence(oid(0x55, 4, 3), der(0x0c, Buffer.from(text)))));
const timeOf = (ms: number) =>
  der(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')));
const extension = (id: number, critical: boolean, body: Buffer) =>
  sequence(oid(0x55, 29, id), ...(critical ? [der(1, Buffer.from([255]))] : []), der(4, body));
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));

export interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

export interface Wish {
  readonly name: string;
  readonly hosts?: readonly string[];
  readonly addresses?: readonly number[][];
  readonly validMs?: readonly [number, number];
}

export const DAY_MS = 86_400_000;

/** A certificate and its key; without an issuer it is signed by itself, as an authority. */
export function certificate(wish: Wish, issuer?: Issuer) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [fromMs, untilMs] = wish.validMs ?? [Date.now() - DAY_MS, Date.now() + DAY_MS];
  const names = [
    ...(wish.hosts ?? []).map((host) => der(0x82, Buffer.from(host))),
    ...(wish.addresses ?? []).map((bytes) => der(0x87, Buffer.from(bytes))),
  ];
  const isAuthority = sequence(...(issuer ? [] : [der(1, Buffer.from([255]))]));
  const extensions = [extension(19, true, isAuthority)];
  if (names.length > 0) extensions.push(extension(17, false, sequence(...names)));
  const content = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.from([1]), randomBytes(8)),
    ECDSA_WITH_SHA256,
    nameOf(issuer?.name ?? wish.name),
    sequence(timeOf(fromMs), timeOf(untilMs)),
    nameOf(wish.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = bits(sign('sha256', content, issuer?.key ?? privateKey));
  const whole = new X509Certificate(sequence(content, ECDSA_WITH_SHA256, signature));
  return {
    cert: whole.toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    issuer: { name: wish.name, key: privateKey },
  };
}
