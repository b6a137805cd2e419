import { CAPABILITIES, type Capability, type ErrorBody } from '@millrace/protocol';
import type { FastifyRequest } from 'fastify';
import type { RefusedRequest } from '../core/audit/audit-trail.js';
import type { AuditSource } from '../core/commands/audit-entry.js';
import type { Caller } from '../core/keys/caller.js';
import { clientAddress } from './connection/client-address.js';
import type { Fields } from './validation/validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Called for each refusal of an administrative call. */
    onRefusal?: ((request: FastifyRequest, error: ErrorBody) => void) | undefined;
  }
}

/** The administrative calls: the audit log records their requests, whether done or refused. */
const AUDITED: ReadonlySet<Capability> = new Set([
  CAPABILITIES.create,
  CAPABILITIES.update,
  CAPABILITIES.delete,
  CAPABILITIES.purge,
  CAPABILITIES.dlqRedrive,
  CAPABILITIES.dlqPurge,
  CAPABILITIES.pushSubscribe,
  CAPABILITIES.pushUnsubscribe,
  CAPABILITIES.pushPause,
  CAPABILITIES.pushResume,
  CAPABILITIES.createKey,
  CAPABILITIES.revokeKey,
]);

export const isAudited = (capability: Capability): boolean => AUDITED.has(capability);

/** The names of queues to be created. They come from bodies, so only those of valid calls are here. */
const namesToMake = new WeakMap<FastifyRequest, string>();

/** @param fields the validated fields of the call */
export function auditSourceOf(request: FastifyRequest, fields: Fields): AuditSource {
  if (request.routeOptions.config.capability === CAPABILITIES.create.id) {
    namesToMake.set(request, fields.name as string);
  }
  return {
    keyId: request.caller.keyId,
    address: clientAddress(request),
    requestId: request.trace.requestId,
  };
}

export function refusedRequest(
  request: FastifyRequest,
  { id }: Capability,
  { code }: ErrorBody,
): RefusedRequest {
  // A request that was refused for its key has no caller.
  const caller = request.caller as Caller | undefined;
  return {
    action: id as RefusedRequest['action'],
    code,
    keyId: caller?.keyId ?? null,
    project: caller?.project ?? null,
    target: targetOf({ queue: namesToMake.get(request), ...(request.params as PathFields) }),
    address: clientAddress(request),
    requestId: request.trace.requestId,
  };
}

type PathFields = Readonly<Record<string, string | undefined>>;

const ID = /^[0-9a-f-]{36}$/;
const QUEUE_NAME = /^(?!ifr_)[A-Za-z0-9._-]{1,128}$/;

/** Only a text that can be a queue name or one of our ids; a client may send a secret by mistake. */
function targetOf({ queue, ...ids }: PathFields): string | null {
  const id = ids.subscription_id ?? ids.key_id;
  if (id !== undefined) return ID.test(id) ? id : null;
  return queue !== undefined && QUEUE_NAME.test(queue) ? queue : null;
}
