import { AnswerError } from '../errors.js';

/**
 * An answer that has the field on which the verb depends. What else is `ok` comes from another program, and
 * would be told as done.
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
