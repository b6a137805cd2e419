/** A shell block of a document, and what the document says that it prints. */
export interface Step {
  readonly command: string;
  readonly output: string;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** A fence without a language that follows a shell block shows what that one prints. */
export function stepsOf(document: string): Step[] {
  const steps: { command: string; output: string }[] = [];
  let last: { command: string; output: string } | undefined;
  for (const [, language, text = ''] of document.matchAll(FENCE)) {
    if (language === '' && last !== undefined) last.output = text;
    last = language === 'sh' ? { command: text, output: '' } : undefined;
    if (last !== undefined) steps.push(last);
  }
  return steps;
}

/** What a reader would have to fill in before the block runs. */
export const placeholderOf = (command: string): string | undefined =>
  /…|<[a-z][a-z -]*>|\.\.\./.exec(command)?.[0];

/** Whether a block printed what the document shows, where `…` stands for anything. */
export function isShown(shown: string, printed: string): boolean {
  const pattern = shown
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\s+/g, '\\s*')
    .replaceAll('…', '[\\s\\S]*?');
  return new RegExp(`^\\s*${pattern}\\s*$`).test(printed);
}
