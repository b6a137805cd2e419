import { isWriting } from './call-errors.js';
import { CAPABILITIES, type Capability, type CapabilityName } from './capabilities.js';
import { EXAMPLES, type Example } from './examples.js';
import { type JsonSchema, publicSchema } from './public-schema.js';

/** What a client that knows only the base URL learns about one call. */
export interface CapabilitySummary {
  readonly id: string;
  readonly method: Capability['method'];
  readonly path: string;
  /** The path of the same call with the queue in it, if the call has one. */
  readonly queue_path?: string;
  readonly available: true;
  /** Whether a retry, with the same idempotency key if the call takes one, does nothing twice. */
  readonly idempotent: boolean;
  readonly description: string;
}

export interface CapabilityDetail extends CapabilitySummary {
  /** All fields of the call, whether they are sent in the path, the query string or the body. */
  readonly params: JsonSchema;
  /** Describes `data`. */
  readonly returns: JsonSchema;
  readonly examples: readonly Example[];
}

const NAMES = Object.keys(CAPABILITIES) as CapabilityName[];

export const discoveryList = (): { capabilities: CapabilitySummary[] } => ({
  capabilities: NAMES.map(summaryOf),
});

/** Undefined if there is no capability with that id. */
export function discoveryOf(id: string): CapabilityDetail | undefined {
  const name = NAMES.find((candidate) => CAPABILITIES[candidate].id === id);
  if (name === undefined) return undefined;
  const capability: Capability = CAPABILITIES[name];
  const { params, returns, refusesUnknown } = capability;
  return {
    ...summaryOf(name),
    params: { ...publicSchema(params), ...(refusesUnknown && { additionalProperties: false }) },
    returns: publicSchema(returns),
    examples: EXAMPLES[name],
  };
}

function summaryOf(name: CapabilityName): CapabilitySummary {
  const capability: Capability = CAPABILITIES[name];
  const { id, method, path, queuePath, description } = capability;
  const idempotent = method === 'GET' || isWriting(capability);
  return {
    id,
    method,
    path,
    ...(queuePath !== undefined && { queue_path: queuePath }),
    available: true,
    idempotent,
    description,
  };
}
