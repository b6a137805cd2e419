const PRIVILEGED_PORTS_END = 1_024;

/** What the operator can do about it, where the system's own words do not say. */
export function explainFailure(error: NodeJS.ErrnoException & { readonly port?: number }): string {
  const { code = '', message, syscall = '' } = error;
  // Of an address, that is; what concerns a file has been explained where it was met.
  if (!['listen', 'bind', 'getaddrinfo'].includes(syscall)) return message;
  switch (code) {
    case 'EADDRINUSE':
      return `${message}; stop what listens there, or choose another --port`;
    case 'EACCES':
      return `${message}; ${otherPort(error.port)}`;
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${message}; --host must be an address of this machine`;
  }
  return message;
}

function otherPort(port = 0): string {
  if (port >= PRIVILEGED_PORTS_END) {
    return 'the system keeps this port for something else; choose another --port';
  }
  const grant =
    process.platform === 'linux'
      ? ', or let Node listen there: sudo setcap cap_net_bind_service=+ep "$(readlink -f "$(which node)")"'
      : '';
  return `choose a --port from ${PRIVILEGED_PORTS_END} on and put a proxy in front${grant}`;
}
