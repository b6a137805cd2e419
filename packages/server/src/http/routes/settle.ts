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
      error: error === undefined ? null : storable(error),
    });
    return respond(outcome, ({ results: [result] }) => ({
      message_id,
      nacked: result?.ok === true && result.nacked,
      requeued: result?.ok === true && result.requeued,
    }));
  },
};

/** An error text is for people: what no store can keep gives way, and the nack still counts. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

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
