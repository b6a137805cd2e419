import type { HttpRequest, HttpResponse, Send } from './http-exchange.js';

/** What is used of Node. Its own types are not there in projects for browsers. */
interface Node {
  readonly process?: {
    readonly versions?: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(name: string): NodeHttp | undefined;
  };
  readonly navigator?: { readonly userAgent?: string };
  readonly Buffer?: { byteLength(text: string): number };
}

interface NodeHttp {
  request(url: string, options: object, onResponse: (response: NodeResponse) => void): NodeRequest;
}

interface NodeRequest {
  on(event: 'error', listener: (error: Error) => void): void;
  end(body?: string): void;
}

interface NodeResponse {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  setEncoding(encoding: 'utf8'): void;
  on(event: 'data', listener: (text: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'end', listener: () => void): void;
}

/**
 * Sends through the global agents of `node:http` and `node:https`, which keep connections open and follow
 * the settings of the program.
 *
 * @returns undefined where the program does not run in Node
 */
export function sendByNodeHttp(): Send | undefined {
  const http = builtin('node:http');
  const https = builtin('node:https');
  if (!http || !https) return undefined;
  return (request) => exchange(request.url.startsWith('https:') ? https : http, request);
}

/** Bun, Deno and Cloudflare imitate Node's modules, above a fetch that is the faster one there. */
function builtin(name: string): NodeHttp | undefined {
  const { process, navigator } = globalThis as Node;
  const { node, bun, deno } = process?.versions ?? {};
  const isNode = node !== undefined && bun === undefined && deno === undefined;
  if (!isNode || navigator?.userAgent === 'Cloudflare-Workers') return undefined;
  return process?.getBuiltinModule?.(name);
}

const exchange = (http: NodeHttp, request: HttpRequest): Promise<HttpResponse> =>
  new Promise((resolve, reject) => {
    const { url, method, body, signal } = request;
    const headers = { ...request.headers, ...lengthOf(body) };
    const sent = http.request(url, { method, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => {
        const header = (name: string): string | null => {
          const value = response.headers[name];
          return typeof value === 'string' ? value : null;
        };
        resolve({ status: response.statusCode ?? 0, text, header });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });

/** Node says the length by itself, but not in a DELETE. */
const lengthOf = (body: string | undefined): Record<string, number | undefined> =>
  body === undefined ? {} : { 'content-length': (globalThis as Node).Buffer?.byteLength(body) };
