import type { DeliveryReference, NackSettings } from '../../api/message-options.js';
import type { ConsumedQueue } from '../../api/queue.js';
import { LIMITS } from '../../contract/limits.js';
import type { NackBatchReturns } from '../../contract/types.js';
import type { ServerContact } from '../server-contact.js';
import { persistentCall } from './persistent-call.js';
import { isFinal } from './refusals.js';
import { SettleBatches } from './settle-batches.js';

export type NackEntry = DeliveryReference & NackSettings;
export type Nacked = NackBatchReturns['results'][number];

/** Acks and nacks in batches, through outages of the server. */
export class Settler {
  readonly #acks: SettleBatches<DeliveryReference, boolean>;
  readonly #nacks: SettleBatches<NackEntry, Nacked>;
  readonly #givingUp = new AbortController();

  constructor(queue: ConsumedQueue, contact: ServerContact) {
    const persistent = { contact, signal: this.#givingUp.signal, isFinal };
    this.#acks = new SettleBatches(LIMITS.batchMaxMessages, async (entries) => {
      let mayBeAcked = false;
      const { results } = await persistentCall({
        ...persistent,
        name: 'ack_batch',
        make: (options: object) => queue.ackBatch(entries, options),
        onFailure: (error) => {
          mayBeAcked ||= error.mayHaveTakenEffect;
        },
      });
      // After a lost answer, a second call says `acked: false` of what the first one has acked.
      return results.map(({ acked, error }) => !error && (acked || mayBeAcked));
    });
    // A hundred of the longest errors fit into the body.
    this.#nacks = new SettleBatches(100, async (entries) => {
      const make = (options: object) => queue.nackBatch(entries, options);
      return (await persistentCall({ ...persistent, name: 'nack_batch', make })).results;
    });
  }

  /** @returns whether the message was this delivery's to ack */
  ack(delivery: DeliveryReference): Promise<boolean> {
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
