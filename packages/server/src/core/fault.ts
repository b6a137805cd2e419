/** What the log may say about an error; a type, not an interface, so that it can be passed as fields. */
export type Fault = {
  readonly cause: string;
  /** Where it was thrown, for the server's own faults. */
  readonly stack?: string;
};

const CAUSE_MAX_CHARS = 500;
const FRAMES_MAX = 20;
/** Data exceptions of PostgreSQL: their messages quote the offending value. */
const QUOTES_VALUES = /^22/;

/**
 * Why something failed, for the log. Only the message and the code of an error are used, because its
 * other fields (`detail`, `input`, `where`) may quote a row or a url. A message that quotes its input,
 * as those of parsers do, is left out too.
 */
export function causeOf(error: unknown): string {
  const { name, message, code, errors } = error as {
    name?: unknown;
    message?: unknown;
    code?: unknown;
    errors?: readonly unknown[];
  };
  const known = typeof code === 'string' ? code : undefined;
  // Several addresses of one name were tried; each has its own error, and the first one is reported.
  if (message === '' && errors?.[0] !== undefined) return causeOf(errors[0]);
  const quotes = error instanceof SyntaxError || QUOTES_VALUES.test(known ?? '');
  const said = quotes || typeof message !== 'string' ? String(name ?? 'unknown') : message;
  const isSaid = known === undefined || said.includes(known);
  return withoutUserInfo(isSaid ? said : `${said} (${known})`).slice(0, CAUSE_MAX_CHARS);
}

/** The cause with the stack: for the server's own faults. */
export function faultOf(error: unknown): Fault {
  const { stack } = error as { stack?: unknown };
  const frames = typeof stack === 'string' ? stack.split('\n').filter(isFrame) : [];
  const cause = causeOf(error);
  return frames.length === 0 ? { cause } : { cause, stack: frames.slice(0, FRAMES_MAX).join('\n') };
}

/** A stack begins with the message, which can have any number of lines. */
const isFrame = (line: string): boolean => /^\s+at /.test(line);

/** Urls may contain a password. */
export const withoutUserInfo = (text: string): string =>
  text.replace(/:\/\/[^/?#\s]*@/g, '://***@');
