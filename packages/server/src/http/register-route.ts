import { type Capability, pathsOf } from '@millrace/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Reservation } from '../core/engine/byte-budget.js';
import { noRoom } from '../core/engine/lease-within.js';
import type { Caller } from '../core/keys/caller.js';
import { requestFingerprint } from '../core/queue/idempotency.js';
import type { Idempotency } from '../core/queue/queue-command.js';
import { isRefusal, type Refusal, unauthenticated } from '../core/refusal.js';
import { auditSourceOf, isAudited, refusedRequest } from './auditing.js';
import { authenticate } from './authentication.js';
import { bearerSecret } from './bearer-secret.js';
import type { Body } from './body/body.js';
import { type BodyShape, bodyShapeOf } from './body/scan/body-shape.js';
import { type Answer, presenceOf, type Route, type RouteContext } from './call.js';
import { sendData, sendError } from './envelope.js';
import { addWarnings, createCallReader, type ReadCall } from './read-call.js';
import { refusalOf } from './refusal-of.js';
import { type Fields, knownFields } from './validation/validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyMaxBytes?: number;
    /** The id of the capability that the route is for. */
    capability?: string;
    /** The capability itself, and what of its bodies is kept. */
    call?: Capability;
    bodyShape?: BodyShape;
  }
}

/**
 * Puts a capability on its route. The checks run in the contract's order: route and method
 * (Fastify), key, scope, size (the body parser), media type, JSON, fields, and then the store's.
 */
export function registerRoute(app: FastifyInstance, route: Route, context: RouteContext): void {
  const { capability } = route;
  const readCall = createCallReader(capability);
  const audits = isAudited(capability);

  const run = (
    request: FastifyRequest,
    { params, payloads }: ReadCall,
    room: Reservation,
  ): Promise<Answer | Refusal> | Refusal => {
    return route.handle(
      {
        params,
        payloads,
        caller: request.caller,
        audit: audits ? auditSourceOf(request, params) : undefined,
        secret: () => bearerSecret(request) ?? '',
        idempotency: idempotencyOf(route, params, payloads, context),
        presence: presenceOf(request),
        room,
      },
      context,
    );
  };

  /** Runs the call when its answer has room. */
  const runWithRoom = (
    request: FastifyRequest,
    room: Reservation,
  ): Promise<Answer | Refusal> | Refusal => {
    // The key may have ended while the body arrived.
    if (request.caller.ended()) return unauthenticated();
    const call = readCall(request);
    if (isRefusal(call)) return call;
    // While a call sleeps, nobody else shall lack what it does not need.
    if (route.waits) (request.body as Body | undefined)?.room.release();
    const bytes = route.answerMaxBytes?.(call.params) ?? 0;
    if (bytes === 0 || room.take(bytes)) return run(request, call, room);
    return room.takeSoon(bytes).then((hasRoom) => (hasRoom ? run(request, call, room) : noRoom()));
  };

  const routeOf = (path: string): RouteOptions => ({
    method: capability.method,
    url: path.replace(/\{(\w+)\}/g, ':$1'),
    config: {
      bodyMaxBytes: capability.bodyMaxBytes,
      capability: capability.id,
      call: capability,
      bodyShape: bodyShapeOf(capability),
      onRefusal: audits
        ? (request, error) => context.audit.refused(refusedRequest(request, capability, error))
        : undefined,
    },
    onRequest: (request, reply, done) =>
      authenticate(request, reply, capability.scopes, context, done),
    // Without async, because every await more is felt on the path that all messages take.
    handler: (request, reply) => {
      app.turns.run(request.caller.project, () => handle(request, reply));
    },
  });
  for (const path of pathsOf(capability)) app.route(routeOf(path));

  const handle = (request: FastifyRequest, reply: FastifyReply): void => {
    // The client left while the call waited for its turn: nothing of it was done.
    if (reply.raw.destroyed) {
      (request.body as Body | undefined)?.room.release();
      return;
    }
    const { turns } = app;
    const { project } = request.caller;
    const room = context.budget.open(accountOf(request.caller, capability), 'answer');
    let isOver = false;
    // It comes after the last byte has gone to the system, or with the connection's end.
    reply.raw.once('close', () => {
      isOver = true;
      room.release();
    });
    const finish = (result: Answer | Refusal): void => {
      (request.body as Body | undefined)?.room.release();
      if (isRefusal(result)) {
        room.release();
        sendError(request, reply, result);
        return;
      }
      if (result.warnings !== undefined) addWarnings(request, result.warnings);
      room.shrinkTo(sendData(request, reply, result.data, result.replayed));
      // The client had gone before the answer was there.
      if (isOver) room.release();
    };
    try {
      const result = runWithRoom(request, room);
      if (isRefusal(result)) finish(result);
      else {
        result.then(
          (outcome) => turns.run(project, () => finish(outcome)),
          (error) => finish(refusalOf(error)),
        );
      }
    } catch (error) {
      finish(refusalOf(error));
    }
  };
}

/**
 * Whose share of the bytes in flight a call takes. Administration has one of its own: where a project
 * holds all that it may, its keys can still be revoked.
 */
export const accountOf = ({ project }: Caller, { scopes }: Capability): string =>
  scopes.every((scope) => scope === 'admin') ? ADMINISTRATION : project;

/** No project has such a name. */
const ADMINISTRATION = '(administration)';

function idempotencyOf(
  route: Route,
  values: Fields,
  payloads: () => readonly string[],
  context: RouteContext,
): Idempotency | null {
  const key = values.idempotency_key;
  if (typeof key !== 'string') return null;
  const known = knownFields(route.capability, values);
  for (const name of route.secrets ?? []) {
    const secret = known[name];
    if (typeof secret === 'string') known[name] = context.push.sealSecret(secret).secretDigest;
  }
  const { id, path } = route.capability;
  return {
    capability: id as Idempotency['capability'],
    key,
    // What stands in the path counts as a field, however it was encoded there, and whichever path it is.
    fingerprint: requestFingerprint(path, known, route.texts?.(values, payloads())),
    windowMs: context.idempotencyWindowMs,
  };
}
