import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse as parseToml } from 'smol-toml';
import {
  fileNameOf,
  SETTINGS,
  type Setting,
  type SettingName,
  settingEntry,
  variableOf,
} from './settings.js';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly store: string;
  readonly postgresConnections: number;
  readonly apiKey: string | undefined;
  readonly autoCreate: boolean;
  readonly pushAllow: readonly string[];
  readonly pushCa: readonly string[];
  /** Undefined: the secrets of push subscriptions lie in the store as they are. */
  readonly secretKey: string | undefined;
  readonly minFreeBytes: number;
  readonly limits: {
    readonly queueMessages: number;
    readonly queueBytes: number;
    readonly projectMessages: number;
    readonly projectBytes: number;
    readonly projectQueues: number;
    readonly projectSubscriptions: number;
    readonly projectKeys: number;
  };
  readonly maxBytesInFlight: number;
  readonly rateLimit: number;
  readonly rateBurst: number;
  readonly idempotencyHours: number;
  readonly trustProxy: boolean;
  readonly logLevel: string;
}

/** The configuration is wrong; the message says which setting and the rule. The process exits 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Value = string | number | boolean | readonly string[] | undefined;

const NAMES = Object.keys(SETTINGS) as SettingName[];
const SECRET_MIN_CHARS = 16;
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
const BYTE_UNITS: Record<string, number> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/**
 * Reads the settings from flags, the environment and a TOML file, the first that has one winning.
 *
 * @throws ConfigError
 */
export function loadConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config {
  const flags = readFlags(args);
  const file = readFile((flags.config as string | undefined) ?? env.MILLRACE_CONFIG);
  const value = (name: SettingName): Value => {
    const setting = settingEntry(name);
    const variable = env[variableOf(name)];
    const candidates: [unknown, string][] = [
      [flags[name], `--${name}`],
      [variable === '' ? undefined : variable, variableOf(name)],
      [file[fileNameOf(name)], `${fileNameOf(name)} in the configuration file`],
    ];
    const given = candidates.find(([candidate]) => candidate !== undefined);
    return given === undefined ? setting.default : convert(given[0], setting, given[1]);
  };
  const config: Config = Object.freeze({
    host: value('host') as string,
    port: value('port') as number,
    store: value('store') as string,
    postgresConnections: value('postgres-connections') as number,
    apiKey: value('api-key') as string | undefined,
    autoCreate: value('auto-create') as boolean,
    pushAllow: value('push-allow') as string[],
    pushCa: value('push-ca') as string[],
    secretKey: value('secret-key') as string | undefined,
    minFreeBytes: value('min-free-bytes') as number,
    limits: Object.freeze({
      queueMessages: value('max-queue-messages') as number,
      queueBytes: value('max-queue-bytes') as number,
      projectMessages: value('max-project-messages') as number,
      projectBytes: value('max-project-bytes') as number,
      projectQueues: value('max-project-queues') as number,
      projectSubscriptions: value('max-project-subscriptions') as number,
      projectKeys: value('max-project-keys') as number,
    }),
    maxBytesInFlight: value('max-bytes-in-flight') as number,
    rateLimit: value('rate-limit') as number,
    rateBurst: value('rate-burst') as number,
    idempotencyHours: value('idempotency-hours') as number,
    trustProxy: value('trust-proxy') as boolean,
    logLevel: value('log-level') as string,
  });
  check(config);
  return config;
}

function check({ apiKey, secretKey, store, logLevel }: Config): void {
  for (const [name, secret] of Object.entries({ 'api-key': apiKey, 'secret-key': secretKey })) {
    if (secret === undefined) continue;
    if (secret.length < SECRET_MIN_CHARS) {
      throw new ConfigError(`${variableOf(name)} must have ${SECRET_MIN_CHARS} characters or more`);
    }
    // No request could carry it: the ends of a header are trimmed.
    if (name === 'api-key' && secret.trim() !== secret) {
      throw new ConfigError(`${variableOf(name)} must not begin or end with white space`);
    }
  }
  if (!/^sqlite:./.test(store) && !isPostgresUrl(store)) {
    // What was given may hold a password, so it is not repeated.
    throw new ConfigError('--store must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE');
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigError(`--log-level must be one of ${LOG_LEVELS.join(', ')}`);
  }
}

const isPostgresUrl = (store: string): boolean =>
  /^postgres(ql)?:\/\//.test(store) && URL.canParse(store);

function readFlags(args: readonly string[]): Record<string, unknown> {
  const options: Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> = {
    config: { type: 'string' },
  };
  for (const name of NAMES) {
    const { type, secret } = settingEntry(name);
    if (secret) continue;
    options[name] = { type: type === 'boolean' ? 'boolean' : 'string', multiple: type === 'list' };
  }
  try {
    return parseArgs({ args: joinNegative(args), options, strict: true, allowNegative: true })
      .values;
  } catch (error) {
    throw new ConfigError(`${(error as Error).message.split('. ')[0]}; see millrace serve --help`);
  }
}

/** A negative number behind a flag is meant as its value, to be judged by the setting's rule. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const flag = joined.at(-1);
    const isValue = /^-\d/.test(arg) && flag !== undefined && /^--[^=]+$/.test(flag);
    if (isValue) joined[joined.length - 1] = `${flag}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function readFile(path: string | undefined): Record<string, unknown> {
  if (path === undefined || path === '') return {};
  let values: Record<string, unknown>;
  try {
    values = parseToml(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(
      `the configuration file ${path} cannot be read: ${(error as Error).message}`,
    );
  }
  const known = NAMES.map(fileNameOf);
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ConfigError(`${unknown} in ${path} is no setting; there are ${known.join(', ')}`);
  }
  return values;
}

function convert(given: unknown, setting: Setting, where: string): Value {
  switch (setting.type) {
    case 'string':
      if (typeof given === 'string' && given !== '') return given;
      throw new ConfigError(`${where} must be a string that is not empty`);
    case 'boolean':
      if (typeof given === 'boolean') return given;
      if (given === 'true' || given === '1') return true;
      if (given === 'false' || given === '0') return false;
      throw new ConfigError(`${where} must be true or false`);
    case 'list':
      return (Array.isArray(given) ? given : [given]).flatMap((item) => {
        if (typeof item !== 'string') throw new ConfigError(`${where} must be a list of strings`);
        return item
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '');
      });
    case 'integer':
    case 'bytes':
      return toInteger(given, setting, where);
  }
}

function toInteger(given: unknown, { type, min, max }: Setting, where: string): number {
  const isScalar = typeof given === 'string' || typeof given === 'number';
  const match = /^(\d+) ?(|KiB|MiB|GiB)$/.exec(isScalar ? String(given) : '');
  const number = Number(match?.[1]) * (BYTE_UNITS[match?.[2] ?? ''] as number);
  const isPlain = type === 'bytes' || match?.[2] === '';
  if (match === null || !isPlain || !Number.isSafeInteger(number)) {
    throw new ConfigError(`${where} must be a whole number${type === 'bytes' ? ' of bytes' : ''}`);
  }
  if (number < (min ?? 0) || number > (max ?? number)) {
    throw new ConfigError(
      `${where} must be ${min ?? 0} or more${max === undefined ? '' : ` and at most ${max}`}`,
    );
  }
  return number;
}
