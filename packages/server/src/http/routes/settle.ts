import {
  type AckBatchParams,
  type AckParams,
  CAPABILITIES,
  type ExtendParams,
  type NackBatchParams,
  type NackParams,
} from '@millrace/protocol';
import type { EntryRefusal, NackEntry } from '../../core/commands/commands.js';
import { toIso } from '../../core/iso-time.js';
import { type Call, type Route, respond, targetOf, toMs } from '../call.js';

/** The calls with which a consumer ends or extends leases. */

/** The most bytes of an entry's result without its id; the result of a lost lease is the largest. */
const RESULT_MAX_BYTES = 512;
/**
 * The bytes of a control character in JSON. A result that has its id twice, in an error, is about an
 * existing message, whose id is plain.
 */
const ID_CHAR_MAX_BYTES = 6;

function resultsMaxBytes({ messages }: AckBatchParams | NackBatchParams): number {
  let bytes = 0;
  for (const { message_id } of messages) {
    bytes += RESULT_MAX_BYTES + message_id.length * ID_CHAR_MAX_BYTES;
  }
  return bytes;
}

const ackRoute: Route = {
  capability: CAPABILITIES.ack,
  handle(call: Call<AckParams>, { service }) {
    const { message_id, receipt } = call.params;
    const entries = [{ messageId: message_id, receipt: receipt ?? null }];
    return respond(
      service.ack(targetOf(call), entries, false, call.caller),
      ({ results: [result] }) => ({
        message_id,
        acked: result?.ok === true && result.acked,
      }),
    );
  },
};

const ackBatchRoute: Route = {
  capability: CAPABILITIES.ackBatch,
  answerMaxBytes: resultsMaxBytes,
  handle(call: Call<AckBatchParams>, { service }) {
    const entries = call.params.messages.map(({ message_id, receipt }) => ({
      messageId: message_id,
      receipt: receipt ?? null,
    }));
    return respond(service.ack(targetOf(call), entries, true, call.caller), ({ results }) => ({
      results: results.map((result) => ({
        message_id: result.messageId,
        acked: result.ok && result.acked,
        ...(result.ok ? {} : { error: errorOf(result) }),
      })),
    }));
  },
};

const nackRoute: Route = {
  capability: CAPABILITIES.nack,
  handle(call: Call<NackParams>, { service }) {
    const { message_id } = call.params;
    const entries = [nackEntry(call.params)];
    return respond(
      service.nack(targetOf(call), entries, false, call.caller),
      ({ results: [result] }) => ({
        message_id,
        nacked: result?.ok === true && result.nacked,
        requeued: result?.ok === true && result.requeued,
      }),
    );
  },
};

const nackBatchRoute: Route = {
  capability: CAPABILITIES.nackBatch,
  answerMaxBytes: resultsMaxBytes,
  handle(call: Call<NackBatchParams>, { service }) {
    const entries = call.params.messages.map(nackEntry);
    return respond(service.nack(targetOf(call), entries, true, call.caller), ({ results }) => ({
      results: results.map((result) => ({
        message_id: result.messageId,
        nacked: result.ok && result.nacked,
        requeued: result.ok && result.requeued,
        ...(result.ok ? {} : { error: errorOf(result) }),
      })),
    }));
  },
};

const extendRoute: Route = {
  capability: CAPABILITIES.extend,
  handle(call: Call<ExtendParams>, { service }) {
    const { message_id, receipt, visibility_timeout } = call.params;
    const outcome = service.extend(
      targetOf(call),
      {
        messageId: message_id,
        receipt: receipt ?? null,
        visibilityTimeoutMs: toMs(visibility_timeout),
      },
      call.caller,
    );
    return respond(outcome, ({ extended, leaseExpiresAtMs }) => ({
      message_id,
      extended,
      ...(leaseExpiresAtMs === null ? {} : { lease_expires_at: toIso(leaseExpiresAtMs) }),
    }));
  },
};

const nackEntry = (params: NackBatchParams['messages'][number]): NackEntry => ({
  messageId: params.message_id,
  receipt: params.receipt ?? null,
  requeue: params.requeue ?? true,
  delayMs: toMs(params.delay_seconds ?? 0),
  error: params.error ?? null,
});

const errorOf = ({ code, message, hint }: EntryRefusal) => ({
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});

export const SETTLE_ROUTES: readonly Route[] = [
  ackRoute,
  nackRoute,
  ackBatchRoute,
  nackBatchRoute,
  extendRoute,
];
