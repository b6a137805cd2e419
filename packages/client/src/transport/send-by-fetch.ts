import type { Send } from './http-exchange.js';

export const sendByFetch =
  (fetch: typeof globalThis.fetch): Send =>
  async ({ url, method, headers, body, signal }) => {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      // A redirect would carry the key elsewhere, and the server sends none.
      redirect: 'manual',
      signal,
    });
    const text = await response.text();
    return { status: response.status, text, header: (name) => response.headers.get(name) };
  };
