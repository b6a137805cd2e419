import { ConfigError } from '../config/config-error.js';
import { nearestName } from '../config/values/nearest-name.js';
import type { Command } from './command.js';

export const COMMANDS = {
  serve: {
    summary: 'runs the server',
    load: () => import('./serve.js'),
  },
  dev: {
    summary: 'runs the server for development and tests, with a clock that you control',
    explainsItself: true,
    load: () => import('./dev/dev.js'),
  },
  backup: {
    summary: 'copies a SQLite store, even while a server uses it',
    explainsItself: true,
    load: () => import('./backup.js'),
  },
  restore: {
    summary: 'replaces a SQLite store by a backup',
    explainsItself: true,
    load: () => import('./restore.js'),
  },
  help: { summary: 'shows this page', load: () => import('./help.js') },
  version: { summary: 'shows the version', load: () => import('./version.js') },
} as const satisfies Record<string, Command>;

type CommandName = keyof typeof COMMANDS;

const explainsItself = (name: string): name is CommandName =>
  Object.hasOwn(COMMANDS, name) && 'explainsItself' in COMMANDS[name as CommandName];

const AS_FLAG: Readonly<Record<string, CommandName>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
};

/** @throws ConfigError if there is no such command */
export function readCommandLine(argv: readonly string[]): [name: CommandName, args: string[]] {
  // Help and version may be asked for at any position, even next to wrong flags.
  const asked = argv.find((arg) => Object.hasOwn(AS_FLAG, arg));
  const [first = 'serve', ...rest] = argv;
  if (asked !== undefined) {
    const name = AS_FLAG[asked] as CommandName;
    return name === 'help' && explainsItself(first) ? [first, ['--help']] : [name, []];
  }
  if (first.startsWith('-')) return ['serve', [...argv]];
  if (Object.hasOwn(COMMANDS, first)) return [first as CommandName, rest];
  const nearest = nearestName(first, Object.keys(COMMANDS));
  const advice = nearest === undefined ? 'see --help' : `did you mean "${nearest}"? See --help`;
  throw new ConfigError(`there is no command "${first.slice(0, 64)}"; ${advice}`);
}
