import { Argument, type Command } from 'commander';
import { SCRIPTS, type Shell } from '../../completion/scripts.js';
import { addVerb } from '../verb.js';

export function addCompletion(program: Command): void {
  addVerb(program, {
    usage: 'completion',
    summary: 'prints a script that completes verbs, options and queues in a shell',
    details: 'Load it from the file that your shell reads at its start.',
    examples: [
      `completion bash >> ~/.bashrc`,
      `completion zsh >> ~/.zshrc   # below the line with compinit`,
      `completion fish > ~/.config/fish/completions/millrace.fish`,
    ],
  })
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SCRIPTS)))
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell]);
    });
}
