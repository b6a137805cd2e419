import { UsageError } from '../errors.js';

const MAX_CHARS = 4_096;

/** A secret that was given as an argument, where `-` stands for the standard input. */
export const secretFrom = async (
  given: string | undefined,
  question: string,
): Promise<string | undefined> => (given === '-' ? askForSecret(question) : given);

/** Asks for a secret, or reads it from the standard input if that is no terminal. */
export async function askForSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return fromInput();
  const { password } = await import('@clack/prompts');
  const { asked } = await import('./asked.js');
  return asked((signal) => password({ message: question, output: process.stderr, signal }));
}

/** The first line of the standard input, whose writer may go on or keep it open. */
async function fromInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('\n')) break;
    if (text.length > MAX_CHARS)
      throw new UsageError('the secret on the standard input is too long');
  }
  const [line = ''] = text.split(/\r?\n/);
  if (line !== '') return line;
  throw new UsageError('the standard input is empty, but should be the secret');
}
