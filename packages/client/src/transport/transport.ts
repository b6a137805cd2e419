import { MillraceError } from '../errors.js';
import { fromWire } from '../names.js';
import { attempt } from './attempt.js';
import {
  type CallOptions,
  checkedTimeout,
  type MillraceOptions,
  type TransportSettings,
  transportSettings,
} from './options.js';
import { type Call, type Fields, type PreparedRequest, prepareRequest } from './request.js';
import { retryDelayMs, retryRules } from './retry-rules.js';
import { sleep } from './sleep.js';

/** Calls that are repeated without a key. They name a delivery, so a second one changes nothing. */
const REPEATED_FREELY = new Set([
  'queue.ack',
  'queue.nack',
  'queue.extend',
  'queue.ack_batch',
  'queue.nack_batch',
]);

/** Makes calls: prepares the request, repeats it where that is safe, and reads the answer. */
export class Transport {
  readonly #settings: TransportSettings;

  constructor(options: MillraceOptions) {
    this.#settings = transportSettings(options);
  }

  /** Where this client sends its calls. */
  get baseUrl(): string {
    return this.#settings.baseUrl;
  }

  /** @returns the `data` of the answer, in camel case */
  async call<Data>(
    call: Call,
    fields: Fields,
    options: CallOptions,
    extraWaitMs: number,
  ): Promise<Data> {
    const key = this.#keyFor(call, options.idempotencyKey);
    const request = prepareRequest(call, fields, key);
    const isRepeatable = call.method === 'GET' || key !== undefined || REPEATED_FREELY.has(call.id);
    const { data, warnings } = await this.#repeat(request, options, extraWaitMs, isRepeatable);
    for (const warning of warnings) this.#settings.onWarning({ call: call.id, ...warning });
    return fromWire(data) as Data;
  }

  #keyFor(call: Call, given: string | false | undefined): string | undefined {
    if (!call.acceptsKey || given === false) return undefined;
    if (given !== undefined) return given;
    return this.#settings.makesKeys && !REPEATED_FREELY.has(call.id) ? newKey() : undefined;
  }

  async #repeat(
    request: PreparedRequest,
    options: CallOptions,
    extraWaitMs: number,
    isRepeatable: boolean,
  ) {
    const { signal, traceparent } = options;
    const rules = retryRules(options.retries, this.#settings.retries);
    const timeoutMs = (checkedTimeout(options.timeoutMs) ?? this.#settings.timeoutMs) + extraWaitMs;
    const endAtMs = performance.now() + rules.totalMs;
    for (let failures = 1; ; failures += 1) {
      try {
        return await attempt(this.#settings, { ...request, traceparent }, timeoutMs, signal);
      } catch (error) {
        if (!(error instanceof MillraceError) || !error.retryable) throw error;
        if (error.mayHaveTakenEffect && !isRepeatable) throw error;
        const delayMs = retryDelayMs(rules, failures, error.retryAfterMs);
        if (failures >= rules.maxAttempts || performance.now() + delayMs > endAtMs) throw error;
        options.onRetry?.(error, delayMs);
        await sleep(delayMs, signal);
      }
    }
  }
}

/** A random key. `randomUUID` would need a page that was loaded over TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
