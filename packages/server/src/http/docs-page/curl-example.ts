import type { Capability } from '@millrace/protocol';

/** The call of an example as a shell command that uses the variables MILLRACE and KEY. */
export function curlExample({ method, path }: Capability, params: unknown): string {
  const left = { ...(params as Record<string, unknown>) };
  const filled = path.replace(/\{(\w+)\}/g, (_whole, field: string) => {
    const value = String(left[field]);
    delete left[field];
    return encodeURIComponent(value);
  });
  const query = method === 'GET' ? queryText(left) : '';
  const verb = method === 'GET' || method === 'POST' ? '' : ` -X ${method}`;
  const lines = [
    `curl -s${method === 'POST' && Object.keys(left).length === 0 ? ' -X POST' : verb} "$MILLRACE${filled}${query}"`,
    `-H "Authorization: Bearer $KEY"`,
  ];
  if (method !== 'GET' && Object.keys(left).length > 0) {
    lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(left))}`);
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

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
