import type { MillraceError } from '../../errors.js';

const FINAL = /^(LEASE_LOST|(MESSAGE|QUEUE)_NOT_FOUND|INVALID_(REQUEST|OPTION))$/;

/**
 * Whether the refusal concerns the delivery and not the moment, so that it would be the same again. A status
 * alone says nothing: a proxy answers 404 while it has no server.
 */
export const isFinal = ({ code }: MillraceError): boolean => FINAL.test(code);
