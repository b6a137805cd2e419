import {
  type AckParams,
  CAPABILITIES,
  type ExtendParams,
  type NackParams,
} from '@millrace/protocol';
import { type Call, type Route, respond, targetOf, toIso, toMs } from '../call.js';

/** The calls that a consumer ends or prolongs a delivery with. */

export const ackRoute: Route = {
  capability: CAPABILITIES.ack,
  handle(call: Call<AckParams>, { service }) {
    const { message_id, receipt } = call.params;
    const outcome = service.ack(targetOf(call), message_id, receipt ?? null);
    return respond(outcome, ({ results }) => ({
      message_id,
      acked: results[0]?.ok === true && results[0].acked,
    }));
  },
};

export const nackRoute: Route = {
  capability: CAPABILITIES.nack,
  handle(call: Call<NackParams>, { service }) {
    const { message_id, receipt, requeue, delay_seconds, error } = call.params;
    const outcome = service.nack(targetOf(call), {
      messageId: message_id,
      receipt: receipt ?? null,
      requeue: requeue ?? true,
      delayMs: toMs(delay_seconds ?? 0),
      // It is for people: a lone surrogate gives way, and the nack still counts.
      error: error === undefined ? null : error.toWellFormed(),
    });
    return respond(outcome, ({ results: [result] }) => ({
      message_id,
      nacked: result?.ok === true && result.nacked,
      requeued: result?.ok === true && result.requeued,
    }));
  },
};

export const extendRoute: Route = {
  capability: CAPABILITIES.extend,
  handle(call: Call<ExtendParams>, { service }) {
    const { message_id, receipt, visibility_timeout } = call.params;
    const outcome = service.extend(
      targetOf(call),
      message_id,
      receipt ?? null,
      toMs(visibility_timeout),
    );
    return respond(outcome, ({ extended, leaseExpiresAtMs }) => ({
      message_id,
      extended,
      ...(leaseExpiresAtMs === null ? {} : { lease_expires_at: toIso(leaseExpiresAtMs) }),
    }));
  },
};
