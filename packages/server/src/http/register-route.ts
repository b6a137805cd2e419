import { type Capability, pathsOf } from '@millrace/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { requestFingerprint } from '../core/commands/idempotency.js';
import type { Idempotency } from '../core/commands/queue-command.js';
import type { Reservation } from '../core/engine/byte-budget.js';
import { noRoom } from '../core/engine/lease-within.js';
import type { Caller } from '../core/keys/caller.js';
import { isRefusal, type Refusal, unauthenticated } from '../core/refusal.js';
import { sendData, sendError } from './answers/envelope.js';
import { refusalOf } from './answers/refusal-of.js';
import { auditSourceOf, isAudited, refusedRequest } from './auditing.js';
import { authenticate } from './authentication.js';
import { bearerSecret } from './bearer-secret.js';
import type { Body } from './body/body.js';
import { type BodyShape, bodyShapeOf } from './body/scan/body-shape.js';
import { type Answer, presenceOf, type Route, type RouteContext } from './call.js';
import { addWarnings, createCallReader, type ReadCall } from './read-call.js';
import { type Fields, knownFields } from './validation/validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    bodyMaxBytes?: number;
    /** The id of the route's capability. */
    capability?: string;
    /** The capability itself, and the shape of its bodies. */
    call?: Capability;
    bodyShape?: BodyShape;
  }
}

/**
 * Registers the route of a capability. The checks run in the order of the contract: route and method
 * (Fastify), key, scope, size (the body parser), media type, JSON, fields, and then those of the store.
 */
export function registerRoute(app: FastifyInstance, route: Route, context: RouteContext): void {
  const callRoute = new CallRoute(app, route, context);
  for (const path of pathsOf(route.capability)) app.route(callRoute.at(path));
}

/** Takes the calls of one capability from their request to their answer. */
class CallRoute {
  private readonly capability: Capability;
  private readonly readCall: ReturnType<typeof createCallReader>;
  private readonly isAudited: boolean;

  constructor(
    private readonly app: FastifyInstance,
    private readonly route: Route,
    private readonly context: RouteContext,
  ) {
    this.capability = route.capability;
    this.readCall = createCallReader(route.capability);
    this.isAudited = isAudited(route.capability);
  }

  at(path: string): RouteOptions {
    const { capability, context } = this;
    return {
      method: capability.method,
      url: path.replace(/\{(\w+)\}/g, ':$1'),
      config: {
        bodyMaxBytes: capability.bodyMaxBytes,
        capability: capability.id,
        call: capability,
        bodyShape: bodyShapeOf(capability),
        onRefusal: this.isAudited
          ? (request, error) => context.audit.refused(refusedRequest(request, capability, error))
          : undefined,
      },
      onRequest: (request, reply, done) =>
        authenticate(request, reply, capability.scopes, context, done),
      handler: this.handler(),
    };
  }

  /** Not async, because each extra await costs time on the path of every message. */
  private handler(): (request: FastifyRequest, reply: FastifyReply) => void {
    const { turns, requestSpans } = this.app;
    if (requestSpans === undefined) {
      return (request, reply) => {
        turns.run(request.caller.project, () => this.handle(request, reply));
      };
    }
    return (request, reply) => {
      const handle = () => requestSpans.within(request, () => this.handle(request, reply));
      turns.run(request.caller.project, handle);
    };
  }

  private handle(request: FastifyRequest, reply: FastifyReply): void {
    // The client left while the call waited for its turn, and nothing was done.
    if (reply.raw.destroyed) {
      (request.body as Body | undefined)?.room.release();
      return;
    }
    const { project } = request.caller;
    const room = this.context.budget.open(accountOf(request.caller, this.capability), 'answer');
    let isOver = false;
    // This event follows the last byte being handed to the system, or the end of the connection.
    reply.raw.once('close', () => {
      isOver = true;
      room.release();
    });
    const finish = (result: Answer | Refusal): void => {
      answer(request, reply, result, room);
      // The client had left before the answer was ready.
      if (isOver) room.release();
    };
    try {
      const result = this.runWithRoom(request, room);
      if (isRefusal(result)) finish(result);
      else {
        result.then(
          (outcome) => this.app.turns.run(project, () => finish(outcome)),
          (error) => finish(refusalOf(error)),
        );
      }
    } catch (error) {
      finish(refusalOf(error));
    }
  }

  /** Runs the call once there is room for its answer. */
  private runWithRoom(
    request: FastifyRequest,
    room: Reservation,
  ): Promise<Answer | Refusal> | Refusal {
    // The key may have expired or been revoked while the body arrived.
    if (request.caller.ended()) return unauthenticated();
    const { route } = this;
    const call = this.readCall(request);
    if (isRefusal(call)) return call;
    // A waiting call does not need its body any more, so others may use the bytes.
    if (route.waits) (request.body as Body | undefined)?.room.release();
    const bytes = route.answerMaxBytes?.(call.params) ?? 0;
    if (bytes === 0 || room.take(bytes)) return this.run(request, call, room);
    return room
      .takeSoon(bytes)
      .then((hasRoom) => (hasRoom ? this.run(request, call, room) : noRoom()));
  }

  private run(
    request: FastifyRequest,
    { params, payloads }: ReadCall,
    room: Reservation,
  ): Promise<Answer | Refusal> | Refusal {
    const { route, context } = this;
    return route.handle(
      {
        params,
        payloads,
        caller: request.caller,
        audit: this.isAudited ? auditSourceOf(request, params) : undefined,
        secret: () => bearerSecret(request) ?? '',
        idempotency: idempotencyOf(route, params, payloads, context),
        presence: presenceOf(request),
        room,
      },
      context,
    );
  }
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  result: Answer | Refusal,
  room: Reservation,
): void {
  (request.body as Body | undefined)?.room.release();
  if (isRefusal(result)) {
    room.release();
    sendError(request, reply, result);
    return;
  }
  if (result.warnings !== undefined) addWarnings(request, result.warnings);
  room.shrinkTo(sendData(request, reply, result.data, result.replayed));
}

/**
 * The account whose share of the bytes in flight a call uses. Calls for admins have an account of their
 * own, so that keys can be revoked even when their project has used up its share.
 */
export const accountOf = ({ project }: Caller, { scopes }: Capability): string =>
  scopes.every((scope) => scope === 'admin') ? ADMINISTRATION : project;

/** No project can have this name. */
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
    // Fields in the path count as fields, however they were encoded and whichever path was used.
    fingerprint: requestFingerprint(path, known, route.texts?.(values, payloads())),
    windowMs: context.idempotencyWindowMs,
  };
}
