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
  return connection;
}

function checkAddress(url: string): void {
  if (isAddress(url)) return;
  throw new UsageError(
    // Without the address itself: somebody may have put the key there.
    'the address of the server must begin with http:// or https://',
    'It comes from --url, MILLRACE_URL or the context.',
  );
}

/** Whether it can be the address of a server. */
export const isAddress = (url: string): boolean =>
  /^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '');

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
  // A key is sent only to the server that it was stored for.
  if (context?.url === url) return context;
  checkAddress(url);
  throw new UsageError(
    `there is no API key for ${new URL(url).origin}`,
    'Give it with MILLRACE_API_KEY or --key, or store both: millrace context add NAME --url URL',
  );
}

const present = (value: string | undefined): string | undefined =>
  value === '' ? undefined : value;
