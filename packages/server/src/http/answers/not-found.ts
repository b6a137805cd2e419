import { type Capability, pathsOf } from '@millrace/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../../core/refusal.js';
import { sendError } from './envelope.js';
import { nearestRoute, type Route } from './nearest-route.js';

/** The paths of the server with the methods of each. */
export type PathTable = readonly (Route & { readonly pattern: RegExp })[];

const PLAIN_PATHS = [
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/v1/discovery',
  '/v1/discovery/{id}',
  '/openapi.json',
  '/docs',
  '/docs/',
  '/docs/scalar.js',
  '/docs/start.js',
  '/console',
  '/console/{path}',
];

export function pathTable(capabilities: readonly Capability[]): PathTable {
  const methodsByPath = new Map<string, string[]>(PLAIN_PATHS.map((path) => [path, ['GET']]));
  for (const capability of capabilities) {
    for (const path of pathsOf(capability)) {
      methodsByPath.set(path, [...(methodsByPath.get(path) ?? []), capability.method]);
    }
  }
  return [...methodsByPath].map(([path, methods]) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
    methods: methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
  }));
}

/** Answers a request that matches no route: the path does not exist, or not with this method. */
export function notFound(request: FastifyRequest, reply: FastifyReply, paths: PathTable): void {
  const path = request.url.split('?', 1)[0] as string;
  const methods = paths.filter(({ pattern }) => pattern.test(path)).flatMap((row) => row.methods);
  const shown = path.slice(0, 200);
  if (methods.length === 0) {
    return sendError(
      request,
      reply,
      refuse('ROUTE_NOT_FOUND', `There is no route ${request.method} ${shown}.`, {
        hint: hintFor(nearestRoute(request.method, path, paths)),
      }),
    );
  }
  reply.header('allow', methods.join(', '));
  sendError(
    request,
    reply,
    refuse('METHOD_NOT_ALLOWED', `The method ${request.method} is not allowed for ${shown}.`, {
      hint: `Use ${methods.join(' or ')}.`,
    }),
  );
}

const hintFor = (nearest: string | undefined): string =>
  nearest === undefined
    ? 'GET /v1/discovery lists all calls; those on queues begin with /v1/queue.'
    : `Did you mean ${nearest}? GET /v1/discovery lists all calls.`;
