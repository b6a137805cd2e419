import type { Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Reads names that only a server or a file knows. */
export interface Names {
  queues(prefix: string): Promise<string[]>;
  contexts(): string[];
}

/** What the last word can become. The words before it are complete. */
export async function candidates(
  program: Command,
  words: readonly string[],
  names: Names,
): Promise<Candidate[]> {
  const typed = words.at(-1) ?? '';
  const { command, option, position } = placeAfter(program, words.slice(0, -1));
  const all = await (option === undefined
    ? followers(command, position, typed, names)
    : valuesOf(option, names));
  return all.filter(({ value }) => value.startsWith(typed));
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly option: Option | undefined;
  /** How many arguments the command has so far. */
  readonly position: number;
}

function placeAfter(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, option: undefined, position: 0 };
  for (const word of words) place = step(place, word);
  return place;
}

function step({ command, option, position }: Place, word: string): Place {
  if (option !== undefined) return { command, option: undefined, position };
  if (word.startsWith('-')) {
    const given = command.options.find(({ long, short }) => word === long || word === short);
    return { command, option: given?.required ? given : undefined, position };
  }
  const named = command.commands.find(
    (child) => child.name() === word || child.aliases().includes(word),
  );
  return named === undefined
    ? { command, option: undefined, position: position + 1 }
    : { command: named, option: undefined, position: 0 };
}

async function followers(
  command: Command,
  position: number,
  typed: string,
  names: Names,
): Promise<Candidate[]> {
  const help = command.createHelp();
  if (typed.startsWith('-')) {
    return help.visibleOptions(command).map(({ long, short, description }) => ({
      value: long ?? short ?? '',
      description,
    }));
  }
  const verbs = help.visibleCommands(command).map((child) => ({
    value: child.name(),
    description: child.summary(),
  }));
  return verbs.length > 0 ? verbs : argumentsOf(command, position, typed, names);
}

async function argumentsOf(
  { registeredArguments }: Command,
  position: number,
  typed: string,
  names: Names,
): Promise<Candidate[]> {
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[position] ?? (last?.variadic ? last : undefined);
  if (argument?.argChoices) return plain(argument.argChoices);
  const isQueue = argument?.name() === 'queue' || argument?.name() === 'queues';
  return isQueue ? plain(await names.queues(typed)) : [];
}

function valuesOf(option: Option, names: Names): Candidate[] {
  if (option.argChoices) return plain(option.argChoices);
  return option.long === '--context' ? plain(names.contexts()) : [];
}

const plain = (values: readonly string[]): Candidate[] =>
  values.map((value) => ({ value, description: '' }));
