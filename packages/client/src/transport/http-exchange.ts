/** A request as it goes over the wire. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Ends the exchange, which then fails. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
  /** @returns null when the answer has no such header */
  header(name: string): string | null;
}

/** Sends a request and reads the whole answer, whatever its status. A redirect is not followed. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;
