import { MillraceError } from '../errors.js';
import { fromWire } from '../names.js';
import { callUser } from '../user-code.js';
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

const ON_DELIVERIES = new Set([
  'queue.ack',
  'queue.nack',
  'queue.extend',
  'queue.ack_batch',
  'queue.nack_batch',
]);

/**
 * Whether the call can be repeated without a key: each delivery is named by its receipt, so a second call
 * changes nothing. Without a receipt it might meet the next delivery, which somebody else has.
 */
function namesDeliveries(call: Call, fields: Fields): boolean {
  if (!ON_DELIVERIES.has(call.id)) return false;
  const { messages = [fields] } = fields as { readonly messages?: readonly Fields[] };
  return messages.every(({ receipt }) => receipt !== undefined);
}

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
    const needsNoKey = call.method === 'GET' || namesDeliveries(call, fields);
    const key = this.#keyFor(call, options.idempotencyKey, needsNoKey);
    const request = prepareRequest(call, fields, key);
    const isRepeatable = needsNoKey || key !== undefined;
    const { data, warnings } = await this.#repeat(request, options, extraWaitMs, isRepeatable);
    for (const warning of warnings) {
      callUser('onWarning', () => this.#settings.onWarning({ call: call.id, ...warning }));
    }
    return fromWire(data) as Data;
  }

  #keyFor(call: Call, given: string | false | undefined, needsNoKey: boolean): string | undefined {
    if (!call.acceptsKey || given === false) return undefined;
    return given ?? (this.#settings.makesKeys && !needsNoKey ? newKey() : undefined);
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
