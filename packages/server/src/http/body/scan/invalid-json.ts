import { type Refusal, refuse } from '../../../core/refusal.js';

export const invalidJson = (why: string): Refusal =>
  refuse('INVALID_JSON', `The body is not valid JSON: ${why}.`, {
    hint: 'Send one JSON object in UTF-8.',
  });
