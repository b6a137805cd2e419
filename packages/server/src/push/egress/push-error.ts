/** Why there was no answer: short, stable texts that are safe to show to a subscription's owner. */
export type PushError =
  | 'timeout'
  | 'connection timed out'
  | 'connection refused'
  | 'connection closed'
  | 'host unreachable'
  | 'name not found'
  | 'name lookup failed'
  | 'url not allowed'
  | 'address not allowed'
  | 'certificate not trusted'
  | 'certificate out of date'
  | 'certificate of another name'
  | 'tls handshake failed'
  | 'answer headers too large'
  | 'answer is not http'
  | 'request not valid'
  | 'out of local resources'
  | 'cancelled'
  | 'delivery failed';

/** Carries the reason through undici, which passes errors on unchanged. */
export class PushFault extends Error {
  override readonly name = 'PushFault';

  constructor(readonly reason: PushError) {
    super(reason);
  }
}

const BY_CODE: Readonly<Record<string, PushError>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed',
  ECONNABORTED: 'connection closed',
  EPIPE: 'connection closed',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_ABORTED: 'connection closed',
  UND_ERR_CLOSED: 'cancelled',
  UND_ERR_DESTROYED: 'cancelled',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  EHOSTDOWN: 'host unreachable',
  ENETUNREACH: 'host unreachable',
  ENETDOWN: 'host unreachable',
  EADDRNOTAVAIL: 'host unreachable',
  // Local rules (a firewall, a link-local address without its link) cause these.
  EACCES: 'host unreachable',
  EPERM: 'host unreachable',
  EINVAL: 'host unreachable',
  EMFILE: 'out of local resources',
  ENFILE: 'out of local resources',
  ENOBUFS: 'out of local resources',
  ENOMEM: 'out of local resources',
  CERT_HAS_EXPIRED: 'certificate out of date',
  CERT_NOT_YET_VALID: 'certificate out of date',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate of another name',
  HOSTNAME_MISMATCH: 'certificate of another name',
  CERT_UNTRUSTED: 'certificate not trusted',
  CERT_REJECTED: 'certificate not trusted',
  CERT_REVOKED: 'certificate not trusted',
  CERT_CHAIN_TOO_LONG: 'certificate not trusted',
  CERT_SIGNATURE_FAILURE: 'certificate not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate not trusted',
  INVALID_CA: 'certificate not trusted',
  INVALID_PURPOSE: 'certificate not trusted',
  PATH_LENGTH_EXCEEDED: 'certificate not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate not trusted',
  EPROTO: 'tls handshake failed',
  UND_ERR_HEADERS_OVERFLOW: 'answer headers too large',
  HPE_HEADER_OVERFLOW: 'answer headers too large',
  UND_ERR_INVALID_ARG: 'request not valid',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'request not valid',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answer is not http',
};

/** The reason to show. An error's own text may name addresses and paths of this machine. */
export function pushErrorOf(error: unknown): PushError {
  if (error instanceof PushFault) return error.reason;
  const { code, name } = error as { code?: unknown; name?: unknown };
  // Not every parser error has a code.
  if (name === 'HTTPParserError' && code !== 'HPE_HEADER_OVERFLOW') return 'answer is not http';
  if (typeof code !== 'string') return 'delivery failed';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (/^ERR_(SSL|TLS|OSSL)_/.test(code)) return 'tls handshake failed';
  return 'delivery failed';
}
