import type { Context } from '../session/connection.js';

export const findContext = (_name: string | undefined): Context | undefined => undefined;
