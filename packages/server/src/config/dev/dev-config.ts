import { join } from 'node:path';
import { type Config, ConfigError, loadConfig } from '../config.js';
import { isLoopback } from '../values/listen-address.js';
import { DEV_API_KEY } from './dev-key.js';

const DEV_FLAGS = ['--auto-create', '--push-allow', '127.0.0.0/8,::1/128'];
const STORE_FLAG = /^--store(-file|-direct)?(=|$)/;

/** The file with the data, in the folder of a dev server. */
export const databaseIn = (folder: string): string => join(folder, 'millrace.db');

/**
 * Reads the settings of `millrace dev` from its flags. Variables are not read, so that those of a
 * production server have no effect on it.
 *
 * @param folder the folder for its data
 * @throws ConfigError
 */
export function loadDevConfig(
  flags: readonly string[],
  folder: string,
  { UV_THREADPOOL_SIZE }: NodeJS.ProcessEnv = process.env,
): Config {
  if (flags.some((flag) => STORE_FLAG.test(flag))) {
    throw new ConfigError(
      '--store must not be given: "millrace dev" keeps its data in SQLite, in a temporary folder',
    );
  }
  const store = `sqlite:${databaseIn(folder)}`;
  const config = loadConfig([...DEV_FLAGS, ...flags, '--store', store], { UV_THREADPOOL_SIZE });
  refuseOpenAddress('--host', config.host);
  if (config.metricsListen !== undefined) {
    refuseOpenAddress('--metrics-listen', config.metricsListen.host);
  }
  return Object.freeze({ ...config, apiKey: DEV_API_KEY });
}

/** Everybody knows the key, so no other machine may reach the server. */
function refuseOpenAddress(flag: string, host: string): void {
  if (isLoopback(host)) return;
  throw new ConfigError(
    `${flag} must be a loopback address such as 127.0.0.1, not ${host}, because everybody knows the key of "millrace dev"`,
  );
}
