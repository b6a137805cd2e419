import type { Command } from 'commander';

/**
 * The command line that one with the verb `help` stands for: `help queue create` and `queue help create`
 * are both `queue create --help`. If a word is no verb, it is the line without `help`, for which commander
 * says what may have been meant.
 */
export function withoutHelpVerb(program: Command, args: readonly string[]): readonly string[] {
  const at = args.indexOf('help');
  const isHelp = at === 0 || (at === 1 && isNoun(commandOf(program, args[0])));
  if (!isHelp || args.length === 1) return args;
  const words = args.filter((_, index) => index !== at);
  let command = program;
  for (const word of words) {
    const next = commandOf(command, word);
    if (next !== undefined) command = next;
    else if (isNoun(command) && !word.startsWith('-')) return words;
    else break;
  }
  return [...words, '--help'];
}

const commandOf = (parent: Command, name: string | undefined): Command | undefined =>
  parent.commands.find((command) => command.name() === name);

/** Whether verbs follow it. */
const isNoun = (command: Command | undefined): boolean => (command?.commands.length ?? 0) > 0;
