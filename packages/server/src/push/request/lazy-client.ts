import type { PushOutcome } from './exchange.js';
import type { PushRequest } from './push-client.js';

export interface Poster {
  post(request: PushRequest): Promise<PushOutcome>;
  /** To be called when the sender sends no more. */
  forget(sender: string): void;
  close(): Promise<void>;
}

/** Loads the client at the first push: most servers never push, and loading would slow the start. */
export class LazyClient implements Poster {
  private loading: Promise<Poster> | undefined;
  private loaded: Poster | undefined;

  constructor(private readonly load: () => Promise<Poster>) {}

  post(request: PushRequest): Promise<PushOutcome> {
    return this.loaded?.post(request) ?? this.postFirst(request);
  }

  private async postFirst(request: PushRequest): Promise<PushOutcome> {
    this.loading ??= this.load();
    this.loaded = await this.loading;
    return this.loaded.post(request);
  }

  forget(sender: string): void {
    this.loaded?.forget(sender);
  }

  async close(): Promise<void> {
    await (await this.loading)?.close();
  }
}
