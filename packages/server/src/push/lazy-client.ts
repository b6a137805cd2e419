import type { PushOutcome, PushRequest } from './push-client.js';

export interface Poster {
  post(request: PushRequest): Promise<PushOutcome>;
  close(): Promise<void>;
}

/** Loads what posts with the first push: most servers have none, and it takes a part of the start. */
export class LazyClient implements Poster {
  private loaded: Promise<Poster> | undefined;

  constructor(private readonly load: () => Promise<Poster>) {}

  async post(request: PushRequest): Promise<PushOutcome> {
    this.loaded ??= this.load();
    return (await this.loaded).post(request);
  }

  async close(): Promise<void> {
    await (await this.loaded)?.close();
  }
}
