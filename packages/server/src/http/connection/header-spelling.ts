import { type OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Words in which more than the first letter is upper-case. */
const ODD_WORDS: Readonly<Record<string, string>> = {
  www: 'WWW',
  ratelimit: 'RateLimit',
};

const spellings = new Map<string, string>();

/** A header's name as usually spelt: `Retry-After`, `X-Request-Id`. Only our own headers come here. */
export function spelled(name: string): string {
  let spelling = spellings.get(name);
  if (spelling === undefined) {
    spelling = name.toLowerCase().split('-').map(wordSpelled).join('-');
    spellings.set(name, spelling);
  }
  return spelling;
}

const wordSpelled = (word: string): string =>
  ODD_WORDS[word] ?? word.charAt(0).toUpperCase() + word.slice(1);

/**
 * A response that spells header names as usual. Fastify makes them lower-case, which HTTP allows, but
 * some clients, and many people who read a trace, look for the usual spelling.
 */
export class SpelledResponse extends ServerResponse {
  override setHeader(name: string, value: number | string | readonly string[]): this {
    return super.setHeader(spelled(name), value);
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    const headers = rest.at(-1);
    if (headers !== null && typeof headers === 'object' && !Array.isArray(headers)) {
      rest[rest.length - 1] = allSpelled(headers as OutgoingHttpHeaders);
    }
    return super.writeHead(status, ...(rest as [OutgoingHttpHeaders]));
  }
}

function allSpelled(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const all: OutgoingHttpHeaders = {};
  for (const name in headers) all[spelled(name)] = headers[name];
  return all;
}
