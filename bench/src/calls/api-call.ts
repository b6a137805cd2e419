import type { MillraceAddress } from '../servers/server-process.js';

/** The head is the same for both sides, so that both get exactly the same bytes. */
export function rawPost(path: string, apiKey: string, body: string): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${apiKey}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

export function rawGet(path: string, apiKey: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${apiKey}\r\n\r\n`;
}

/** A single call outside the measured load; returns the answer's text. */
export function call(server: MillraceAddress, path: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  return textOf(server, path, { method: 'POST', headers, body });
}

export const get = (server: MillraceAddress, path: string): Promise<string> =>
  textOf(server, path, {});

async function textOf(
  server: MillraceAddress,
  path: string,
  request: RequestInit,
): Promise<string> {
  const headers = { ...request.headers, authorization: `Bearer ${server.apiKey}` };
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { ...request, headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`);
  return text;
}
