import type { Command, Option } from 'commander';

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** The options of the line that name a server. */
export interface NamedServer {
  readonly url?: string;
  readonly key?: string;
  readonly context?: string;
}

/** Reads names that only a server or a file knows. */
export interface Names {
  queues(prefix: string, server: NamedServer): Promise<string[]>;
  contexts(): string[];
}

/** What the last word can become. The words before it are complete. */
export async function candidates(
  program: Command,
  words: readonly string[],
  names: Names,
): Promise<Candidate[]> {
  const typed = words.at(-1) ?? '';
  const place = placeAfter(program, words.slice(0, -1));
  const { option } = place;
  // A value that may be left out is no value if it begins as an option does.
  const isValue = option !== undefined && (option.required || !typed.startsWith('-'));
  const all = await (isValue
    ? valuesOf(option, typed, place, names)
    : followers(place, typed, names));
  return all.filter(({ value }) => value.startsWith(typed));
}

interface Place {
  readonly command: Command;
  /** The option whose value may come next. */
  readonly option: Option | undefined;
  /** How many arguments the command has so far. */
  readonly position: number;
  readonly server: NamedServer;
}

function placeAfter(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, option: undefined, position: 0, server: {} };
  for (const word of words) place = step(place, word);
  return place;
}

function step(place: Place, word: string): Place {
  const { command, option, position } = place;
  if (option !== undefined && (option.required || !word.startsWith('-'))) {
    return { ...place, option: undefined, server: withOption(place.server, option, word) };
  }
  if (word.startsWith('-')) {
    const [name, value] = word.split(/=(.*)/s);
    const given = command.options.find(({ long, short }) => name === long || name === short);
    if (given === undefined || value === undefined) {
      return { ...place, option: given?.required || given?.optional ? given : undefined };
    }
    return { ...place, option: undefined, server: withOption(place.server, given, value) };
  }
  const named = command.commands.find(
    (child) => child.name() === word || child.aliases().includes(word),
  );
  return named === undefined
    ? { ...place, option: undefined, position: position + 1 }
    : { ...place, command: named, option: undefined, position: 0 };
}

function withOption(server: NamedServer, { long }: Option, value: string): NamedServer {
  return ['--url', '--key', '--context'].includes(long ?? '')
    ? { ...server, [(long as string).slice(2)]: value }
    : server;
}

async function followers(place: Place, typed: string, names: Names): Promise<Candidate[]> {
  const { command } = place;
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
  return verbs.length > 0 ? verbs : argumentsOf(place, typed, names);
}

async function argumentsOf(
  { command, position, server }: Place,
  typed: string,
  names: Names,
): Promise<Candidate[]> {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[position] ?? (last?.variadic ? last : undefined);
  if (argument?.argChoices) return plain(argument.argChoices);
  const isNew = command.name() === 'add' || command.name() === 'create';
  if (argument === undefined || isNew) return [];
  if (['queue', 'queues'].includes(argument.name())) {
    return plain(await names.queues(typed, server));
  }
  const isContext = argument.name() === 'name' && command.parent?.name() === 'context';
  return isContext ? plain(names.contexts()) : [];
}

async function valuesOf(
  option: Option,
  typed: string,
  { server }: Place,
  names: Names,
): Promise<Candidate[]> {
  if (option.argChoices) return plain(option.argChoices);
  if (option.long === '--dead-letter-queue') return plain(await names.queues(typed, server));
  return option.long === '--context' ? plain(names.contexts()) : [];
}

const plain = (values: readonly string[]): Candidate[] =>
  values.map((value) => ({ value, description: '' }));
