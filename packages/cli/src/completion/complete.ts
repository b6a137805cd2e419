import { listContexts } from '../contexts/contexts.js';
import { makeProgram } from '../program.js';
import { Session } from '../session/session.js';
import { candidates, type Names } from './candidates.js';

/** Whoever presses TAB does not wait for long. */
const WITHIN_MS = 1_500;
const MAX_QUEUES = 200;

/**
 * Prints what the last word can become: a line for each, with a description after a tab. The scripts of
 * the shells call it. Whatever goes wrong here, nothing is completed and nothing is said.
 */
export async function complete(words: readonly string[]): Promise<void> {
  const found = await candidates(makeProgram(), joined(words), names).catch(() => []);
  const lines = found.map(({ value, description }) => `${value}\t${description}\n`);
  process.stdout.write(lines.join(''));
}

/** bash makes words of their own of `:` and `=`, as in `--url http://host`. */
function joined(words: readonly string[]): string[] {
  const whole: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const isBreak = /^[:=]+$/.test(word);
    if (whole.length > 0 && (isBreak || isOpen)) whole.push(whole.pop() + word);
    else whole.push(word);
    isOpen = isBreak;
  }
  return whole;
}

const names: Names = {
  async queues(prefix, server) {
    try {
      const client = await new Session(server, false).client();
      const signal = AbortSignal.timeout(WITHIN_MS);
      const page = await client.queues.list({ prefix, limit: MAX_QUEUES, signal }).page();
      return page.items.map(({ queue }) => queue);
    } catch {
      return [];
    }
  },
  contexts: () => listContexts().map(({ name }) => name),
};
