import type { ExampleCall } from './sample.js';
import { shellWord } from './shell.js';

/** The call as a shell command that uses the variables MILLRACE_URL and MILLRACE_API_KEY. */
export function curlSample({ name, capability, queue, fields }: ExampleCall): string {
  const { method, path } = capability;
  const left: Record<string, unknown> = {
    ...(queue !== '' && { [name === 'create' ? 'name' : 'queue']: queue }),
    ...fields,
  };
  const filled = path.replace(/\{(\w+)\}/g, (_whole, field: string) => {
    const value = String(left[field]);
    delete left[field];
    return encodeURIComponent(value);
  });
  const hasBody = method !== 'GET' && Object.keys(left).length > 0;
  // curl itself chooses GET, and POST if there is a body.
  const isChosen = method === (hasBody ? 'POST' : 'GET');
  const query = method === 'GET' ? queryText(left) : '';
  const lines = [
    `curl -sS${isChosen ? '' : ` -X ${method}`} "$MILLRACE_URL${filled}${query}"`,
    '-H "Authorization: Bearer $MILLRACE_API_KEY"',
  ];
  if (hasBody) {
    lines.push("-H 'Content-Type: application/json'", `-d ${shellWord(JSON.stringify(left))}`);
  }
  return lines.join(' \\\n  ');
}

function queryText(fields: Record<string, unknown>): string {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}
