import { ConfigError } from './config-error.js';
import { SETTINGS, variableOf } from './settings.js';
import { nearestName } from './values/nearest-name.js';

const OURS = /^millrace_/i;
const SETTING_VARIABLES = ['MILLRACE_CONFIG', ...Object.keys(SETTINGS).map(variableOf)];

/** Variables for clients, for the examples in the documents, and for the tests of a checkout. */
const FOR_OTHERS = /^MILLRACE_(URL|BASE_URL|CONTEXT|QUEUE|UPDATE_SCHEMA|TEST_.+)$/;

/**
 * Variables that Kubernetes, and Docker for its links, set in each container for a service whose name
 * is or begins with "millrace". They are not misspelt settings, however similar their names are.
 */
const INJECTED = [
  /^MILLRACE_(SERVICE|PORT|ENV)_.+$/,
  /^MILLRACE_NAME$/,
  /^MILLRACE_\w+_SERVICE_(HOST|PORT(_\w+)?)$/,
  /^MILLRACE_\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/,
];
const ADDRESS_OF_SERVICE = /^(tcp|udp|sctp):\/\//;

/**
 * Looks for variables that are misspelt settings.
 *
 * @returns the names of the other unknown variables, for a warning
 * @throws ConfigError if a name is similar to that of a setting
 */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  if (ADDRESS_OF_SERVICE.test(env.MILLRACE_PORT ?? '')) throw portOfService(env.MILLRACE_PORT);
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    // An empty variable counts as unset.
    if (!OURS.test(name) || value === '' || isKnown(name, value)) continue;
    const nearest = nearestName(name, SETTING_VARIABLES);
    if (nearest !== undefined) {
      throw new ConfigError(
        `the variable ${name} is not known; did you mean ${nearest}? Rename it or unset it`,
      );
    }
    unknown.push(name);
  }
  return unknown.sort();
}

function isKnown(name: string, value = ''): boolean {
  if (SETTING_VARIABLES.includes(name) || FOR_OTHERS.test(name)) return true;
  const isPortOfService = name.endsWith('_PORT') && ADDRESS_OF_SERVICE.test(value);
  return isPortOfService || INJECTED.some((pattern) => pattern.test(name));
}

const portOfService = (value = ''): ConfigError =>
  new ConfigError(
    `MILLRACE_PORT must be a port, not ${value.slice(0, 100)}: Kubernetes sets this variable for a service called "millrace". Rename the service, set enableServiceLinks: false in the pod, or give --port, which takes precedence`,
  );
