import { MillraceError } from '@millrace/client';
import { CliError, detailsOf, LinesFailed, type LinesOutcome } from './errors.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { typedRule } from './option-names.js';
import { jsonLine } from './output/json-line.js';
import { printable } from './output/printable.js';

/** What a failure says: on stderr, to people or as a line of JSON. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
  readonly status?: number | undefined;
  readonly hint?: string | undefined;
  readonly details?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly requestId?: string | undefined;
  readonly lines?: LinesOutcome;
}

/** Tells a failure of the command line. @returns the exit code */
export function report(error: unknown, args: readonly string[], asJson: boolean): number {
  const { exitCode, ...failure } = failureOf(error);
  const notes = error instanceof LinesFailed ? error.notes : [];
  const text = asJson ? jsonLine({ error: failure }) : textOf(failure, notes, args);
  process.stderr.write(`${text}\n`);
  return exitCode;
}

function failureOf(error: unknown): Failure {
  if (error instanceof LinesFailed) {
    return { ...failureOf(error.cause), message: error.message, lines: error.lines };
  }
  if (error instanceof MillraceError) {
    const { code, message, status, requestId } = error;
    const details = detailsOf(error);
    const hint = HINTS[code] ?? error.hint;
    return { code, message, status, hint, details, requestId, exitCode: exitCodeOf(code, status) };
  }
  if (error instanceof CliError) {
    const { message, hint, exitCode } = error;
    return { code: exitCode === EXIT.wrongUse ? 'WRONG_USE' : 'FAILED', message, hint, exitCode };
  }
  return { code: 'FAILED', message: (error as Error).message, exitCode: EXIT.failure };
}

/** What to do here, where the hints of the client and the server speak of options and of calls. */
const HINTS: Readonly<Record<string, string>> = {
  NETWORK_ERROR:
    'Check that the server runs and that --url, MILLRACE_URL or the context names it; "millrace dev" starts one.',
  TIMEOUT: 'The server is busy or cannot be reached; --timeout gives it more time.',
  UNEXPECTED_ANSWER: 'Check that --url, MILLRACE_URL or the context is the address of millrace.',
  UNAUTHENTICATED:
    'Give a valid key with MILLRACE_API_KEY or --key, or store one: millrace context add NAME --url URL',
  ROUTE_NOT_FOUND:
    'Check that --url, MILLRACE_URL or the context is the address of millrace, without a path.',
  INVALID_REQUEST: 'See --help.',
  SCOPE_MISSING:
    'Somebody whose key has the scope admin can make another one: millrace keys create --scope SCOPE',
  QUEUE_NOT_FOUND:
    'Create it: millrace queue create NAME, or see which there are: millrace queue list',
  SUBSCRIPTION_NOT_FOUND: 'See which there are: millrace push list QUEUE',
  KEY_NOT_FOUND: 'See which there are: millrace keys list',
};

function textOf(
  { message, hint, details = [] }: Omit<Failure, 'exitCode'>,
  notes: readonly string[],
  args: readonly string[],
): string {
  const named = (text: string, path: string): string => {
    const field = path.slice(1);
    return field === '' ? text : typedRule(text, field, args);
  };
  const [first] = details;
  const lines = [
    `millrace: ${first === undefined ? message : named(message, first.path)}`,
    // The only detail of a refusal is often its message again.
    ...details
      .map(({ path, message: rule }) => ({ path, text: `${path.slice(1)} ${rule}` }))
      .filter(({ text }) => !message.includes(text))
      .map(({ path, text }) => `  ${named(text, path)}`),
    ...notes.map((note) => `  ${note}`),
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
  return lines.map(printable).join('\n');
}
