import { nearestName } from './nearest-name.js';
import { readText } from './read-text.js';

/** Parameters with the path of a file that the driver reads. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/**
 * The parameters that have an effect: `prepare` is the server's own, the others are those that pg 8 takes
 * from a url (pg-connection-string, and `ConnectionParameters` in pg). The driver ignores all others. That is
 * right for those of other programs that a provider's url may have (`connect_timeout`, `pgbouncer`), but a
 * misspelt `sslmode` would leave the connection unencrypted.
 */
const KNOWN = [
  'prepare',
  'sslmode',
  ...FILES,
  'sslnegotiation',
  'ssl',
  'uselibpqcompat',
  'user',
  'password',
  'host',
  'port',
  'options',
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'replication',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'query_timeout',
];

/**
 * Says why a url of PostgreSQL cannot be used, without a value from it, which may be secret.
 *
 * @returns undefined if it can be used, as far as one can see without the database
 */
export function faultOfPostgresUrl(url: string): string | undefined {
  const { searchParams } = new URL(url);
  for (const [name, value] of searchParams) {
    const nearest = KNOWN.includes(name) ? undefined : nearestName(name, KNOWN);
    if (nearest !== undefined) {
      return `has a parameter ${shown(name)}, which is not known; did you mean ${nearest}?`;
    }
    if (name === 'prepare' && value !== 'true' && value !== 'false') {
      return 'has a parameter prepare that is neither true nor false';
    }
    const fault = FILES.includes(name) ? faultOfFile(value) : undefined;
    if (fault !== undefined) return `has a parameter ${name} that cannot be used: ${fault}`;
  }
  return undefined;
}

/** The parameters of a url of PostgreSQL that have no effect, for a warning. */
export const ignoredParameters = (url: string): string[] =>
  [...new Set(new URL(url).searchParams.keys())].filter((name) => !KNOWN.includes(name)).map(shown);

/** A password with a question mark that is not encoded ends up among the parameters. */
const shown = (name: string): string =>
  /^[a-z_-]{1,64}$/i.test(name) ? `"${name}"` : 'of another form';

function faultOfFile(path: string): string | undefined {
  try {
    readText(path);
    return undefined;
  } catch (error) {
    return `${path}: ${(error as Error).message}`;
  }
}
