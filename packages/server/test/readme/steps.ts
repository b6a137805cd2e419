/** A shell block of a document and the output that the document shows for it. */
export interface Step {
  readonly command: string;
  readonly output: string;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** A fence without a language that follows a shell block shows the output of the block. */
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

/** The part of a command that a reader would have to fill in before running it. */
export const placeholderOf = (command: string): string | undefined =>
  /…|<[a-z][a-z -]*>|\.\.\./.exec(command)?.[0];

/** Whether a block printed what the document shows, where `…` matches anything. */
export function isShown(shown: string, printed: string): boolean {
  const pattern = shown
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\s+/g, '\\s*')
    .replaceAll('…', '[\\s\\S]*?');
  return new RegExp(`^\\s*${pattern}\\s*$`).test(printed);
}
