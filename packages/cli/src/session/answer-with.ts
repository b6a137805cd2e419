import { AnswerError } from '../errors.js';

/**
 * An answer that has the field on which the verb depends, where that is not known of the call: it depends on
 * an option, or the client is the fast one.
 *
 * @throws AnswerError
 */
export function answerWith<Answer extends object>(
  answer: Answer,
  field: keyof Answer & string,
): Answer {
  if (answer[field] !== undefined) return answer;
  throw new AnswerError(field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
