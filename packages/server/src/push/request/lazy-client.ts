import type { PushOutcome } from './exchange.js';
import type { PushRequest } from './push-client.js';

export interface Poster {
  post(request: PushRequest): Promise<PushOutcome>;
  /** This sender sends no more. */
  forget(sender: string): void;
  close(): Promise<void>;
}

/** Loads what posts with the first push: most servers have none, and it takes a part of the start. */
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
