import { TIMER_MAX_MS, wholeWithin, within } from '../bounds.js';
import { LIMITS } from '../contract/limits.js';
import type { CallOptions } from '../transport/options.js';

export interface PublisherOptions extends Pick<CallOptions, 'timeoutMs' | 'retries'> {
  /** Messages in a batch, 1 to 1,000. Default: 500. */
  readonly maxBatch?: number | undefined;
  /** Bytes of a batch, up to 16 MiB. A larger message travels alone. Default: 4 MiB. */
  readonly maxBatchBytes?: number | undefined;
  /**
   * How long the first message of a batch waits for others, in milliseconds. Default: 0, with which those
   * of one turn travel together, and others gather while a batch is under way.
   */
  readonly lingerMs?: number | undefined;
  /** Messages that may wait or be under way; more wait for their turn. Default: 10,000. */
  readonly maxPending?: number | undefined;
  /** Bytes that may wait or be under way. Default: 64 MiB. */
  readonly maxPendingBytes?: number | undefined;
  /** Batches under way at once. With one, messages are stored in the order of publish(). Default: 1. */
  readonly maxInFlight?: number | undefined;
}

export type PublisherSettings = {
  readonly [Name in Exclude<keyof PublisherOptions, 'timeoutMs' | 'retries'>]-?: number;
};

const MIB = 1024 * 1024;
const UNBOUNDED = Number.POSITIVE_INFINITY;

/** @throws MillraceError `INVALID_OPTION` */
export function publisherSettings(options: PublisherOptions): PublisherSettings {
  const { maxBatch = 500, maxBatchBytes = 4 * MIB, lingerMs = 0 } = options;
  const { maxPending = 10_000, maxPendingBytes = 64 * MIB, maxInFlight = 1 } = options;
  return {
    maxBatch: wholeWithin('maxBatch', maxBatch, 1, LIMITS.batchMaxMessages),
    maxBatchBytes: within('maxBatchBytes', maxBatchBytes, 1, LIMITS.batchMaxBytes),
    lingerMs: within('lingerMs', lingerMs, 0, TIMER_MAX_MS),
    maxPending: wholeWithin('maxPending', maxPending, 1, UNBOUNDED),
    maxPendingBytes: within('maxPendingBytes', maxPendingBytes, 1, UNBOUNDED),
    maxInFlight: wholeWithin('maxInFlight', maxInFlight, 1, 100),
  };
}
