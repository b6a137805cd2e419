import type { NackParams, PublishParams } from '../contract/types.js';
import type { CallOptions } from '../transport/options.js';

/** How a message is published, beside its payload. */
export interface MessageOptions extends Omit<PublishParams, 'payload'> {
  /** The trace that the message belongs to (W3C Trace Context). It travels as a header of the message. */
  readonly traceparent?: string | undefined;
}

/** An entry of a batch. */
export interface NewMessage<T> extends MessageOptions {
  readonly payload: T;
}

/** The trace of a single message is also that of its call. */
export interface PublishOptions extends MessageOptions, CallOptions {}

/** A delivery, as ack, nack and extend need it; a message from `consume` is one. */
export interface DeliveryReference {
  readonly messageId: string;
  /** Names the delivery. Without it the call is for whichever delivery there is. */
  readonly receipt?: string | undefined;
}

/** Why and how a delivery is returned. */
export type NackSettings = Omit<NackParams, 'messageId' | 'receipt'>;

/** A message has more fields than these, which must not be sent. */
export const reference = ({ messageId, receipt }: DeliveryReference) => ({ messageId, receipt });

/** The fields of a message on the wire. */
export function messageFields({
  traceparent,
  ...fields
}: MessageOptions): Omit<PublishParams, 'payload'> {
  if (traceparent === undefined) return fields;
  return { ...fields, headers: { ...fields.headers, traceparent } };
}
