import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.js';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Reads the flags of a command that takes no other arguments. @throws ConfigError */
export function readFlags<O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
): ReturnType<typeof parseArgs<{ args: string[]; options: O; strict: true }>>['values'] {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    const [fault] = (error as Error).message.split('. ');
    throw new ConfigError(`${fault}; see millrace ${command} --help`);
  }
}

/** @throws ConfigError if a required flag is missing */
export function required(command: string, name: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value;
  throw new ConfigError(`--${name} is missing; see millrace ${command} --help`);
}
