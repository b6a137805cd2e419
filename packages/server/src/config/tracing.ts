import { ConfigError } from './config-error.js';

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
];

export interface TracingSettings {
  readonly protocol: (typeof PROTOCOLS)[number];
}

/**
 * Reads the standard variables of OpenTelemetry that say whether and how traces are exported. Traces are
 * on if there is an address for them, or if `OTEL_TRACES_EXPORTER` asks for them. Values that
 * OpenTelemetry would silently replace by a default are refused.
 *
 * @returns undefined if traces are off
 * @throws ConfigError
 */
export function readTracing(env: NodeJS.ProcessEnv): TracingSettings | undefined {
  const given = (...names: readonly string[]): [name: string, value: string] | undefined => {
    const name = names.find((each) => (env[each] ?? '').trim() !== '');
    return name === undefined ? undefined : [name, (env[name] as string).trim()];
  };
  const exporter = given('OTEL_TRACES_EXPORTER');
  const endpoint = given('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const isDisabled = given('OTEL_SDK_DISABLED')?.[1].toLowerCase() === 'true';
  if (isDisabled || exporter?.[1] === 'none') return undefined;
  if (exporter === undefined && endpoint === undefined) return undefined;
  check(exporter, 'otlp or none', (value) => value === 'otlp');
  check(endpoint, 'an http or https url', isHttpUrl);
  const sampler = given('OTEL_TRACES_SAMPLER');
  check(sampler, `one of ${SAMPLERS.join(', ')}`, (value) => SAMPLERS.includes(value));
  check(given('OTEL_TRACES_SAMPLER_ARG'), 'a number from 0 to 1', isRatio);
  const protocol = given('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL');
  check(protocol, PROTOCOLS.join(' or '), isProtocol);
  return { protocol: (protocol?.[1] ?? PROTOCOLS[0]) as TracingSettings['protocol'] };
}

/** The value is not repeated, because an address may contain a password. */
function check(
  given: readonly [name: string, value: string] | undefined,
  rule: string,
  isValid: (value: string) => boolean,
): void {
  if (given === undefined || isValid(given[1])) return;
  throw new ConfigError(`${given[0]} must be ${rule}; OTEL_SDK_DISABLED=true turns traces off`);
}

const isHttpUrl = (value: string): boolean => /^https?:\/\//i.test(value) && URL.canParse(value);

const isRatio = (value: string): boolean => Number(value) >= 0 && Number(value) <= 1;

const isProtocol = (value: string): boolean => PROTOCOLS.some((known) => known === value);
