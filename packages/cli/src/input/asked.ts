import { isCancel } from '@clack/prompts';
import { Interrupted } from '../errors.js';

/** The answer to a question; Ctrl-C at it ends the verb. @throws Interrupted */
export async function asked<Answer>(answer: Promise<Answer>): Promise<Exclude<Answer, symbol>> {
  const given = await answer;
  if (isCancel(given)) throw new Interrupted('SIGINT', 130);
  return given as Exclude<Answer, symbol>;
}
