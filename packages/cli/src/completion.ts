import tab from '@bomb.sh/tab';
import describe from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** Prints the script for a shell. It asks this program at each TAB. */
export const printScript = (shell: string): void => tab.setup('millrace', 'millrace', shell);

/** Prints what may follow the words, in the form that the scripts read. */
export function complete(program: Command, words: string[]): void {
  describe(program);
  tab.parse(words);
}
