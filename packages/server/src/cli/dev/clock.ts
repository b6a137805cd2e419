import type { DevClock } from '@millrace/protocol';
import { ConfigError } from '../../config/config-error.js';
import { DEV_API_KEY } from '../../config/dev/dev-key.js';
import { devServerUrl } from '../../config/dev/dev-server-url.js';
import { NotReachable } from '../process/not-reachable.js';
import { readFlags } from '../read-flags.js';
import { parseDuration } from './duration.js';

/** An advance is answered when the server has done what has become due. */
const ANSWER_WITHIN_MS = 60_000;
const FLAGS = { url: { type: 'string' }, json: { type: 'boolean' } } as const;

/** `millrace dev clock`: shows or advances the clock of a running dev server. */
export async function runClock(args: readonly string[]): Promise<void> {
  const [action = '', ...rest] = args;
  const isAdvance = action === 'advance';
  if (!isAdvance && action !== 'show') {
    throw new ConfigError(
      `"millrace dev clock" must be followed by show or advance${action && `, not "${action}"`}; see millrace dev --help`,
    );
  }
  const seconds = isAdvance ? secondsOf(rest.shift()) : undefined;
  const { url = devServerUrl(), json } = readFlags('dev', rest, FLAGS);
  const clock = await call(url, seconds);
  process.stdout.write(`${json ? JSON.stringify(clock) : lineOf(clock)}\n`);
}

function secondsOf(text = ''): number {
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return durationMs / 1_000;
  throw new ConfigError(
    `the duration must be seconds, or numbers with the units d, h, m, s or ms, for example 7d or 1h30m, not "${text}"`,
  );
}

/** Advances the clock by so many seconds, or only shows it. */
async function call(url: string, seconds: number | undefined): Promise<DevClock> {
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new ConfigError(
      '--url or MILLRACE_URL must be the address that millrace dev has printed',
    );
  }
  const { data, error } =
    seconds === undefined
      ? await send(new URL('/dev/clock', url), { method: 'GET' })
      : await send(new URL('/dev/clock/advance', url), {
          method: 'POST',
          body: JSON.stringify({ seconds }),
        });
  if (data) return data;
  const refused = error?.details?.[0]?.message;
  if (refused !== undefined) throw new ConfigError(`the seconds of the duration ${refused}`);
  if (error?.code !== undefined && !NOT_IN_DEV_MODE.has(error.code)) {
    throw new Error(`${new URL(url).origin} refused: ${error.message}`);
  }
  throw new NotReachable(
    `${new URL(url).origin} is not a server in dev mode; give the address that "millrace dev" has printed with --url or MILLRACE_URL`,
  );
}

/** What a server answers; another program may answer anything. */
interface Answer {
  readonly data?: DevClock | null;
  readonly error?: {
    readonly code?: string;
    readonly message?: string;
    readonly details?: readonly { readonly message: string }[];
  } | null;
}

/** What a server that is not in dev mode answers to the key and the path. */
const NOT_IN_DEV_MODE: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'ROUTE_NOT_FOUND']);

async function send(url: URL, request: RequestInit): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${DEV_API_KEY}`,
    'content-type': 'application/json',
  };
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  let text: string;
  try {
    text = await (await fetch(url, { ...request, headers, signal })).text();
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: Error };
    throw new NotReachable(
      `no server answers on ${url.origin} (${cause?.message || message}); start it with "millrace dev", or give its address with --url or MILLRACE_URL`,
    );
  }
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

const lineOf = ({ now, ahead_seconds }: DevClock): string =>
  `the clock shows ${now}, ${ahead_seconds} s ahead of the real time`;
