import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';

/**
 * Reads the files of `--push-ca`: one or more certificates in PEM form each. Node would take a file
 * without any for an empty list, and every delivery would fail for a reason that nobody sees.
 *
 * @throws Error that names the file
 */
export function readAuthorities(
  paths: readonly string[],
  read: (path: string) => string,
): string[] {
  return paths.flatMap((path) => {
    try {
      return certificatesOf(read(path));
    } catch (error) {
      throw new Error(`${path} holds no certificate authority: ${(error as Error).message}`);
    }
  });
}

/** @throws Error when there is no certificate, or one that cannot be read */
export function certificatesOf(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error('there is no certificate in PEM form');
  for (const block of blocks) new X509Certificate(block);
  return blocks;
}

/**
 * What verifies receivers: the authorities that Node trusts, and those given. It is made once, because
 * reading a hundred certificates takes longer than a handshake.
 */
export function trustOf(authorities: readonly string[]): tls.SecureContext {
  const minVersion = 'TLSv1.2';
  const added = authorities.flatMap(certificatesOf);
  // Without a list of its own the context follows Node, NODE_EXTRA_CA_CERTS included.
  if (added.length === 0) return tls.createSecureContext({ minVersion });
  return tls.createSecureContext({ minVersion, ca: [...trustedByNode(), ...added] });
}

/** Node 22.15 and later can say what it trusts; before that only what it brought along. */
function trustedByNode(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
