import type { DeliveryReference, NackSettings } from '../../api/message-options.js';
import type { ConsumedQueue } from '../../api/queue.js';
import { LIMITS } from '../../contract/limits.js';
import type { AckBatchReturns, NackBatchReturns } from '../../contract/types.js';
import type { ServerContact } from '../server-contact.js';
import { persistentCall } from './persistent-call.js';
import { isFinal } from './refusals.js';
import { SettleBatches } from './settle-batches.js';

export type NackEntry = DeliveryReference & NackSettings;
export type Acked = AckBatchReturns['results'][number];
export type Nacked = NackBatchReturns['results'][number];

/** Acks and nacks in batches, through outages of the server. */
export class Settler {
  readonly #acks: SettleBatches<DeliveryReference, Acked>;
  readonly #nacks: SettleBatches<NackEntry, Nacked>;
  readonly #givingUp = new AbortController();

  constructor(queue: ConsumedQueue, contact: ServerContact) {
    const persistent = { contact, signal: this.#givingUp.signal, isFinal };
    this.#acks = new SettleBatches(LIMITS.batchMaxMessages, async (entries) => {
      const make = (options: object) => queue.ackBatch(entries, options);
      return (await persistentCall({ ...persistent, name: 'ack_batch', make })).results;
    });
    // A hundred of the longest errors fit into the body.
    this.#nacks = new SettleBatches(100, async (entries) => {
      const make = (options: object) => queue.nackBatch(entries, options);
      return (await persistentCall({ ...persistent, name: 'nack_batch', make })).results;
    });
  }

  ack(delivery: DeliveryReference): Promise<Acked> {
    return this.#acks.add(delivery);
  }

  nack(entry: NackEntry): Promise<Nacked> {
    return this.#nacks.add(entry);
  }

  /** Ends what the server has not answered. */
  giveUp(): void {
    this.#givingUp.abort(new Error('the worker has stopped'));
  }
}
