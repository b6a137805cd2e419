/**
 * What the worker uses of Node, Bun or Deno where it runs in one of them. It is found at run time, so
 * that a bundle for browsers needs no replacement of it.
 */
interface Host {
  readonly process?: {
    on?(signal: string, listener: () => void): void;
    off?(signal: string, listener: () => void): void;
    getBuiltinModule?(name: 'node:http'): HttpModule | undefined;
  };
}

interface HttpModule {
  createServer(
    listener: (
      request: { readonly url?: string },
      response: {
        writeHead(status: number, headers: Record<string, string>): void;
        end(body: string): void;
      },
    ) => void,
  ): HttpServer;
}

interface HttpServer {
  listen(port: number, host: string | undefined, listening: () => void): void;
  close(): void;
  closeAllConnections?(): void;
  address(): { readonly port: number } | string | null;
  on(event: 'error', listener: (error: Error) => void): void;
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'];

/** Calls `stop` at the first SIGTERM or SIGINT; a second one ends the process, as it does by default. */
export function onStopSignal(stop: () => void): () => void {
  const { process } = globalThis as Host;
  const remove = (): void => {
    for (const signal of STOP_SIGNALS) process?.off?.(signal, stopOnce);
  };
  const stopOnce = (): void => {
    remove();
    stop();
  };
  for (const signal of STOP_SIGNALS) process?.on?.(signal, stopOnce);
  return remove;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface ProbeServer {
  readonly port: number;
  close(): void;
}

/**
 * Serves JSON to whoever watches the process.
 *
 * @param answer what to answer to a path; undefined for 404
 */
export function serveProbes(
  port: number,
  host: string | undefined,
  answer: (path: string) => ProbeAnswer | undefined,
): Promise<ProbeServer> {
  const http = (globalThis as Host).process?.getBuiltinModule?.('node:http');
  if (http === undefined) {
    return Promise.reject(new Error('probePort needs Node.js, Bun or Deno, which can listen'));
  }
  const server = http.createServer((request, response) => {
    const { status, body } = answer((request.url ?? '/').replace(/\?.*/, '')) ?? {
      status: 404,
      body: {},
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      const close = (): void => {
        server.close();
        server.closeAllConnections?.();
      };
      resolve({ port: typeof address === 'object' && address ? address.port : port, close });
    });
  });
}
