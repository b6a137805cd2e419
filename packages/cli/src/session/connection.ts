import type { Context } from '../contexts/contexts-file.js';
import { UsageError } from '../errors.js';
import type { ConnectionOptions } from './connection-options.js';

/** The server that `millrace dev` starts, and its key, which is the same for everybody. */
const DEV = { url: 'http://127.0.0.1:8080', apiKey: 'ifr_millrace_dev_is_no_secret' };

export interface Connection {
  readonly url: string;
  readonly apiKey: string;
}

export type FindContext = (name: string | undefined) => Context | undefined;

/**
 * Which server to call with which key: flags, then variables, then the current context, else a server
 * that `millrace dev` has started.
 *
 * @param findContext the context of a name, or the current one
 */
export function connectionOf(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
  findContext: FindContext,
): Connection {
  const connection = choose(options, environment, findContext);
  checkAddress(connection.url);
  checkKey(connection.apiKey);
  return connection;
}

function checkAddress(url: string): void {
  const rule = ruleBrokenBy(url);
  if (rule === undefined) return;
  throw new UsageError(
    // Without the address itself: somebody may have put the key there.
    `the address of the server ${rule}`,
    'It comes from --url, MILLRACE_URL or the context.',
  );
}

function checkKey(key: string): void {
  if (isKey(key)) return;
  throw new UsageError(
    `the API key ${KEY_RULE}`,
    'It comes from --key, MILLRACE_API_KEY or the context.',
  );
}

export const KEY_RULE = 'must have one or more printable ASCII characters, and no spaces';

export const isKey = (key: string): boolean => /^[\x21-\x7e]+$/.test(key);

/** The rule for the address of a server that the text breaks, if it breaks one. */
export function ruleBrokenBy(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url)) return 'must begin with http:// or https://';
  if (!URL.canParse(url))
    return 'must be a url such as http://127.0.0.1:8080, with a port up to 65535';
  const { username, password } = new URL(url);
  if (username === '' && password === '') return undefined;
  return 'must not contain a user name or password: the API key has its own option';
}

/** Whether calls to both go to the same place. */
const isSameAddress = (one: string, other: string): boolean =>
  withoutSlash(one) === withoutSlash(other);

function withoutSlash(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, '');
}

function choose(
  { url: givenUrl, key: givenKey, context: name }: ConnectionOptions,
  { MILLRACE_URL, MILLRACE_API_KEY, MILLRACE_CONTEXT }: NodeJS.ProcessEnv,
  findContext: FindContext,
): Connection {
  const named = name === undefined ? undefined : findContext(name);
  const url = givenUrl ?? named?.url ?? present(MILLRACE_URL);
  const apiKey = givenKey ?? named?.apiKey ?? present(MILLRACE_API_KEY);
  if (url !== undefined && apiKey !== undefined) return { url, apiKey };
  const context = named ?? findContext(present(MILLRACE_CONTEXT));
  if (url === undefined) {
    return { url: context?.url ?? DEV.url, apiKey: apiKey ?? context?.apiKey ?? DEV.apiKey };
  }
  checkAddress(url);
  // A key is sent only to the server that it was stored for.
  if (context !== undefined && isSameAddress(context.url, url)) return context;
  throw new UsageError(
    `there is no API key for ${new URL(url).origin}`,
    'Give it with MILLRACE_API_KEY or --key, or store both: millrace context add NAME --url URL',
  );
}

const present = (value: string | undefined): string | undefined =>
  value === '' ? undefined : value;
