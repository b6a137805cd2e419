import type { WorkerHealth } from '../worker/health.js';

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

export interface ProbeServer {
  readonly port: number;
  close(): void;
}

/** Serves /healthz and /readyz, with the health of a worker as JSON, to whoever watches the process. */
export function serveProbes(
  port: number,
  host: string | undefined,
  health: () => WorkerHealth,
): Promise<ProbeServer> {
  const http = (globalThis as Host).process?.getBuiltinModule?.('node:http');
  if (http === undefined) {
    return Promise.reject(new Error('probePort needs Node.js, Bun or Deno, which can listen'));
  }
  const server = http.createServer((request, response) => {
    const body = health();
    const status = statusOf((request.url ?? '/').replace(/\?.*/, ''), body);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(status === 404 ? {} : body)}\n`);
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

function statusOf(path: string, { state, failures, lastFetchAt }: WorkerHealth): number {
  // A restart would not help while the server is away, so only readiness speaks of that.
  if (path === '/healthz') return state === 'stopped' ? 503 : 200;
  if (path !== '/readyz') return 404;
  return state === 'running' && failures === 0 && lastFetchAt ? 200 : 503;
}
