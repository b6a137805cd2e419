/** A complete HTTP/1.1 request, head and body. */
export type RawRequest = Buffer | string;

/** What the connections send. A unit of work is one request, or several if `onBody` adds some. */
export interface LoadDriver {
  /** What must happen before the load begins; the loops do not call it. */
  prepare?(port: number): Promise<void>;
  /** The first request of a unit. */
  nextRequest(connectionIndex: number): RawRequest;
  /** Decides whether a 200 is a success; a body that it rejects counts as `nonSuccess`. */
  acceptBody?(body: Buffer, connectionIndex: number): boolean;
  /**
   * Gets the body of each success and returns the unit's next request, so that a connection can ack what
   * it has just consumed. `undefined` ends the unit. The bytes are valid only during the call.
   */
  onBody?(body: Buffer, connectionIndex: number): RawRequest | undefined;
  /** How many messages the unit that ends had, if that varies. */
  messages?(connectionIndex: number): number;
  /** Names the request under way, so that each kind is also timed separately. */
  step?(connectionIndex: number): string;
}
