import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificate } from '../harness/certificates.js';
import { type Push, PushReceiver } from '../harness/push-receiver.js';
import type { Received } from './delivery-checker.js';

export interface TlsReceiver {
  readonly receiver: PushReceiver;
  /** The flags that a server needs to push there. */
  readonly flags: readonly string[];
  /** The received pushes with the status of their answers. */
  readonly received: Received[];
  /** Decides each answer; a promise keeps the push waiting. */
  answer(decide: (push: Push) => number | 'none' | Promise<number | 'none'>): void;
  remove(): Promise<void>;
}

/** A receiver on 127.0.0.1 with a certificate of an authority that only `--push-ca` makes trusted. */
export async function startTlsReceiver(): Promise<TlsReceiver> {
  const authority = certificate({ name: 'millrace test authority' });
  const addresses = [[127, 0, 0, 1]];
  const identity = certificate({ name: 'receiver', addresses }, authority.issuer);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-push-'));
  const caPath = join(folder, 'ca.pem');
  writeFileSync(caPath, authority.cert);
  const receiver = await PushReceiver.start({ cert: identity.cert, key: identity.key });
  const received: { id: string; status: number | null }[] = [];
  const answer: TlsReceiver['answer'] = (decide) => {
    receiver.reply = async (push) => {
      const note: (typeof received)[number] = {
        id: String(push.headers['webhook-id']),
        status: null,
      };
      received.push(note);
      const status = await decide(push);
      // An answer counts once it is sent; one that a stop interrupted does not.
      if (status !== 'none' && !push.response.destroyed) {
        push.response.once('finish', () => {
          note.status = status;
        });
      }
      return status;
    };
  };
  answer(() => 200);
  return {
    receiver,
    received,
    answer,
    flags: ['--push-allow', '127.0.0.1/32', '--push-ca', caPath],
    async remove() {
      await receiver.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
