const PRIVILEGED_PORTS_END = 1_024;

/** The message of an error, with advice for the operator if the error is about a listen address. */
export function explainFailure(error: NodeJS.ErrnoException & { readonly port?: number }): string {
  const { code = '', message, syscall = '' } = error;
  // Errors about files were already explained where they occurred.
  if (!['listen', 'bind', 'getaddrinfo'].includes(syscall)) return message;
  switch (code) {
    case 'EADDRINUSE':
      return `${message}; stop the program that listens there, or choose another --port`;
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
    return 'the system reserves this port for something else; choose another --port';
  }
  const grant =
    process.platform === 'linux'
      ? ', or let Node listen there: sudo setcap cap_net_bind_service=+ep "$(readlink -f "$(which node)")"'
      : '';
  return `choose a --port of ${PRIVILEGED_PORTS_END} or more and put a proxy in front${grant}`;
}
