import { ConfigError } from './config-error.js';
import { nearestName } from './nearest-name.js';
import { SETTINGS, variableOf } from './settings.js';

const OURS = /^millrace_/i;
const SETTING_VARIABLES = ['MILLRACE_CONFIG', ...Object.keys(SETTINGS).map(variableOf)];

/** Read by clients, in the examples of the documents, and by the tests of a checkout. */
const FOR_OTHERS = /^MILLRACE_(URL|BASE_URL|QUEUE|UPDATE_SCHEMA|TEST_.+)$/;

/**
 * What Kubernetes, and Docker for its links, tell each container of a service that is called
 * "millrace", or "millrace" with something behind it. It is nobody's slip, however near to a setting.
 */
const INJECTED = [
  /^MILLRACE_(SERVICE|PORT|ENV)_.+$/,
  /^MILLRACE_NAME$/,
  /^MILLRACE_\w+_SERVICE_(HOST|PORT(_\w+)?)$/,
  /^MILLRACE_\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/,
];
const ADDRESS_OF_SERVICE = /^(tcp|udp|sctp):\/\//;

/**
 * Looks for variables that somebody meant for a setting and misspelt.
 *
 * @returns those that mean nothing here, to be warned of
 * @throws ConfigError where a name is near to that of a setting
 */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  if (ADDRESS_OF_SERVICE.test(env.MILLRACE_PORT ?? '')) throw portOfService(env.MILLRACE_PORT);
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    // An empty variable is as good as none.
    if (!OURS.test(name) || value === '' || isKnown(name, value)) continue;
    const nearest = nearestName(name, SETTING_VARIABLES);
    if (nearest !== undefined) {
      throw new ConfigError(
        `the variable ${name} means nothing here; is ${nearest} meant? Rename it or unset it`,
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
    `MILLRACE_PORT is ${value.slice(0, 100)}, the address of a service, as Kubernetes sets it for a service called "millrace". Rename the service, set enableServiceLinks: false in the pod, or give --port, which comes first`,
  );
