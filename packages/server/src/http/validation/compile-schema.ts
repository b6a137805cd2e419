import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';

// It stops at the first fault, and looks at lengths before contents: at `maxItems` before
// `uniqueItems` and the items, at `maxLength` before patterns and formats. Values are never coerced
// nor filled in.
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
  // A lone surrogate has no UTF-8; it would come back as another character.
  return text.isWellFormed();
}

export const compileSchema = (schema: TSchema): ValidateFunction => ajv.compile(schema);
