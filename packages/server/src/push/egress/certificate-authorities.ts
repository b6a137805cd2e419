import { X509Certificate } from 'node:crypto';
import * as tls from 'node:tls';

/**
 * Reads the files of `--push-ca`, each with one or more certificates in PEM form. Node would take a
 * file without certificates as an empty list, and every delivery would fail for no visible reason.
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
      throw new Error(
        `${path} must contain the certificate of an authority: ${(error as Error).message}`,
      );
    }
  });
}

/** @throws Error if there is no certificate, or one that cannot be read */
export function certificatesOf(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error('there is no certificate in PEM form');
  for (const block of blocks) new X509Certificate(block);
  return blocks;
}

/**
 * The context that verifies receivers: the authorities that Node trusts, and the given ones. It is made
 * only once, because reading a hundred certificates takes longer than a handshake.
 */
export function trustOf(authorities: readonly string[]): tls.SecureContext {
  const minVersion = 'TLSv1.2';
  const added = authorities.flatMap(certificatesOf);
  // Without a `ca` list the context uses Node's authorities, including NODE_EXTRA_CA_CERTS.
  if (added.length === 0) return tls.createSecureContext({ minVersion });
  return tls.createSecureContext({ minVersion, ca: [...trustedByNode(), ...added] });
}

/** Node 22.15 and later can list all authorities that it trusts; before that, only the bundled ones. */
function trustedByNode(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
