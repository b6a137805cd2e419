import type { FastifyRequest } from 'fastify';
import { type Refusal, refuse } from '../../core/refusal.js';

/** Refuses all but plain JSON. A body without a type is taken as JSON. */
export function checkMediaType(request: FastifyRequest): Refusal | undefined {
  const { headers } = request.raw;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return compressed('Content-Encoding', 'must be absent');
  }
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked') {
    return compressed('Transfer-Encoding', 'must be chunked or absent');
  }
  const type = request.contentType;
  if (type === undefined || isJsonType(type)) return undefined;
  return wrongMediaType();
}

const compressed = (header: string, rule: string): Refusal =>
  refuse('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed.', {
    hint: `Send the body uncompressed, without the header ${header}.`,
    details: [{ path: '', message: `${header} ${rule}` }],
  });

const wrongMediaType = (): Refusal =>
  refuse('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON in UTF-8.', {
    hint: "Send the header 'Content-Type: application/json'.",
    details: [{ path: '', message: 'Content-Type must be application/json' }],
  });

function isJsonType(type: string): boolean {
  if (type === 'application/json') return true;
  const [essence = '', ...parameters] = type.toLowerCase().split(';');
  return (
    essence.trim() === 'application/json' &&
    parameters.every((parameter) => {
      const [name = '', value = ''] = parameter.split('=');
      return name.trim() !== 'charset' || /^"?utf-?8"?$/.test(value.trim());
    })
  );
}
