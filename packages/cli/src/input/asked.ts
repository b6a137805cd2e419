import { Interrupted } from '../errors.js';

/** The answer to a question; Ctrl-C at it ends the verb. @throws Interrupted */
export async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if ((error as Error).name === 'ExitPromptError') throw new Interrupted('SIGINT', 130);
    throw error;
  }
}
