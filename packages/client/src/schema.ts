import { MillraceError, textOf } from './errors.js';
import type { StandardSchemaV1 } from './standard-schema.js';

/**
 * Checks a payload with the schema of its queue.
 *
 * @returns what the schema makes of it
 * @throws MillraceError `INVALID_PAYLOAD`, whose details say what is wrong where, or `SCHEMA_FAILED`
 */
export async function validated<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  payload: unknown,
): Promise<Output> {
  let result: StandardSchemaV1.Result<Output>;
  try {
    result = await schema['~standard'].validate(payload);
  } catch (cause) {
    // A schema that asks a database which is away, for example, says nothing of the payload.
    const message = `the schema of the queue failed: ${textOf(cause)}`;
    throw new MillraceError({ code: 'SCHEMA_FAILED', message, retryable: true, cause });
  }
  if (result.issues === undefined) return result.value;
  const details = result.issues.slice(0, 10).map(({ path, message }) => ({
    path: ['/payload', ...(path ?? []).map(segmentOf)].join('/'),
    message,
  }));
  const listed = details.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new MillraceError({
    code: 'INVALID_PAYLOAD',
    message: `the payload does not fit the schema of the queue: ${listed}`,
    details,
  });
}

const segmentOf = (segment: PropertyKey | StandardSchemaV1.PathSegment): string =>
  String(typeof segment === 'object' ? segment.key : segment);
