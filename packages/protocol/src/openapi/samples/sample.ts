import { CAPABILITIES, type Capability, type CapabilityName } from '../../capabilities.js';
import { EXAMPLES } from '../../examples.js';

export type Fields = Readonly<Record<string, unknown>>;

/** The first example of a call, apart from the queue that it is about. */
export interface ExampleCall {
  readonly name: CapabilityName;
  readonly capability: Capability;
  /** Empty for a call that is about no queue. */
  readonly queue: string;
  readonly fields: Fields;
}

export function exampleCall(name: CapabilityName): ExampleCall {
  const params = EXAMPLES[name][0]?.params as Fields;
  const queueField = name === 'create' ? 'name' : 'queue';
  const { [queueField]: queue = '', ...fields } = params;
  return { name, capability: CAPABILITIES[name], queue: String(queue), fields };
}
