import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';

// Ajv stops at the first fault. It checks lengths before contents: `maxItems` before `uniqueItems` and
// the items, `maxLength` before patterns and formats. Values are neither coerced nor filled in.
const ajv = new Ajv({
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': true, 'plain-text': isPlainText },
});
ajv.addKeyword('x-rule');
ajv.addKeyword('x-rule-format');
ajv.addKeyword('x-cut');

function isPlainText(text: string): boolean {
  // A lone surrogate cannot be written as UTF-8 and would come back as another character.
  return text.isWellFormed();
}

export const compileSchema = (schema: TSchema): ValidateFunction => ajv.compile(schema);
