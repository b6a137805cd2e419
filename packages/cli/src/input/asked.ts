import { isCancel } from '@clack/prompts';
import { Interrupted } from '../errors.js';

/**
 * The answer to a question. Ctrl-C at it ends the verb, and so does Ctrl-D, which ends the input.
 *
 * @param ask puts the question; the signal withdraws it
 * @throws Interrupted
 */
export async function asked<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Exclude<Answer, symbol>> {
  const withdrawal = new AbortController();
  let isAnswered = false;
  // Whoever reads the keys pauses the input when it has ended, and the question would wait on without an
  // end. An answer pauses it too, and settles before this.
  const onPause = (): void =>
    void setImmediate(() => {
      if (!isAnswered) withdrawal.abort();
    });
  process.stdin.once('pause', onPause);
  let given: Answer;
  try {
    given = await ask(withdrawal.signal);
  } finally {
    isAnswered = true;
    process.stdin.off('pause', onPause);
  }
  if (isCancel(given)) throw new Interrupted('SIGINT', 130);
  return given as Exclude<Answer, symbol>;
}
