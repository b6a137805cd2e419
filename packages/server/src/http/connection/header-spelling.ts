import { type OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Where it is more than the first letter of each word. */
const ODD_WORDS: Readonly<Record<string, string>> = {
  www: 'WWW',
  ratelimit: 'RateLimit',
};

const spellings = new Map<string, string>();

/** A header's name as the documents spell it: `Retry-After`, `X-Request-Id`. Only ours come here. */
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
 * Fastify makes all names lower-case. HTTP does not mind, but some clients, and many people who read
 * a trace, look for a header as it is usually spelt.
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
