import type { KeyRow } from '../commands/commands.js';
import type { Store } from '../store/store.js';

const BATCH_MAX = 256;

interface Asked {
  readonly answer: Promise<KeyRow | null>;
  readonly resolve: (key: KeyRow | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks the store for keys, one read at a time for all keys that were requested in the meantime, so that a
 * flood of unknown keys costs the store no more than one read after another. Keys that were valid before
 * go first.
 */
export class KeyLookups {
  private readonly asked = new Map<string, Asked>();
  private readonly known: string[] = [];
  private readonly unknown: string[] = [];
  private running = false;

  constructor(private readonly store: Store) {}

  find(secretHash: string, isKnown: boolean): Promise<KeyRow | null> {
    const earlier = this.asked.get(secretHash);
    if (earlier !== undefined) return earlier.answer;
    const asked = newAsked();
    this.asked.set(secretHash, asked);
    (isKnown ? this.known : this.unknown).push(secretHash);
    if (!this.running) {
      this.running = true;
      void this.run();
    }
    return asked.answer;
  }

  private async run(): Promise<void> {
    // Keys requested in the same turn of the event loop go together.
    await undefined;
    for (;;) {
      const secretHashes = this.known.splice(0, BATCH_MAX);
      secretHashes.push(...this.unknown.splice(0, BATCH_MAX - secretHashes.length));
      if (secretHashes.length === 0) break;
      await this.ask(secretHashes);
    }
    this.running = false;
  }

  private async ask(secretHashes: readonly string[]): Promise<void> {
    try {
      const keys = await this.store.read({ kind: 'findKeys', secretHashes });
      const byHash = new Map(keys.map((key) => [key.secretHash, key]));
      for (const hash of secretHashes) this.take(hash).resolve(byHash.get(hash) ?? null);
    } catch (error) {
      for (const hash of secretHashes) this.take(hash).reject(error);
    }
  }

  private take(secretHash: string): Asked {
    const asked = this.asked.get(secretHash) as Asked;
    this.asked.delete(secretHash);
    return asked;
  }
}

function newAsked(): Asked {
  let resolve: Asked['resolve'] = () => undefined;
  let reject: Asked['reject'] = () => undefined;
  const answer = new Promise<KeyRow | null>((onKey, onError) => {
    resolve = onKey;
    reject = onError;
  });
  return { answer, resolve, reject };
}
