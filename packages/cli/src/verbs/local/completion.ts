import { Argument, type Command } from 'commander';
import { addVerb } from '../verb.js';

/** Adds `completion`, which prints a script, and `complete`, which the script calls at each TAB. */
export function addCompletion(program: Command, makeProgram: () => Command): void {
  addVerb(program, {
    usage: 'completion',
    summary: 'prints a script that completes verbs and options in a shell',
    details: 'Load it in the file that your shell reads at its start.',
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/millrace',
      'completion zsh > ~/.millrace-completion && echo "source ~/.millrace-completion" >> ~/.zshrc',
      'completion fish > ~/.config/fish/completions/millrace.fish',
    ],
  })
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: string) => {
      const { printScript } = await import('../../completion.js');
      printScript(shell);
    });
  program
    .command('complete [words...]', { hidden: true })
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { complete } = await import('../../completion.js');
      complete(makeProgram(), words);
    });
}
