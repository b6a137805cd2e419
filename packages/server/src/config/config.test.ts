import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.js';
import { DEV_API_KEY } from './dev/dev-key.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string): string => {
  const path = join(folder, 'millrace.toml');
  writeFileSync(path, text);
  return path;
};

const KEY = 'sixteen-chars-16';

describe('loadConfig', () => {
  it('has the defaults of the contract', () => {
    expect(loadConfig([], {})).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      store: 'sqlite:./data/millrace.db',
      apiKey: undefined,
      autoCreate: false,
      pushAllow: [],
      pushCa: [],
      minFreeBytes: 64 * 1024 * 1024,
      idempotencyHours: 24,
      trustProxy: false,
    });
  });

  it('prefers flags to the environment, the environment to the file, and the file to the defaults', () => {
    const path = file('host = "file"\nport = 1\nlog_level = "error"\nauto_create = true');
    const env = { MILLRACE_HOST: 'env', MILLRACE_PORT: '2', MILLRACE_CONFIG: path };
    expect(loadConfig(['--host', 'flag'], env)).toMatchObject({
      host: 'flag',
      port: 2,
      logLevel: 'error',
      autoCreate: true,
      trustProxy: false,
    });
  });

  it('prefers the file that a flag names to the one in the environment', () => {
    const path = file('port = 7');
    expect(loadConfig(['--config', path], { MILLRACE_CONFIG: '/nowhere' }).port).toBe(7);
  });

  it('treats an empty variable as unset', () => {
    const env = { MILLRACE_PORT: '', MILLRACE_API_KEY: '', MILLRACE_CONFIG: '' };
    expect(loadConfig([], env)).toMatchObject({ port: 8080, apiKey: undefined });
  });

  it('reads a list from repeated flags, from comma-separated values, and from a file', () => {
    const flags = ['--push-allow', '10.0.0.0/8, 10.1.0.0/16', '--push-allow=fd00::/8'];
    const both = ['10.0.0.0/8', '10.1.0.0/16', 'fd00::/8'];
    expect(loadConfig(flags, {}).pushAllow).toEqual(both);
    expect(loadConfig([], { MILLRACE_PUSH_ALLOW: both.join(',') }).pushAllow).toEqual(both);
    const path = file('push_allow = ["10.0.0.0/8", "10.1.0.0/16,fd00::/8"]');
    expect(loadConfig(['--config', path], {}).pushAllow).toEqual(both);
    const denied = ['--push-deny', '10.9.0.0/16', '--push-deny=8.8.8.0/24'];
    expect(loadConfig(denied, {}).pushDeny).toEqual(['10.9.0.0/16', '8.8.8.0/24']);
  });

  it('reads the origins of web pages, and names one that is not written as browsers send it', () => {
    const flags = ['--allowed-origins', 'https://a.example, http://localhost:5173'];
    const both = ['https://a.example', 'http://localhost:5173'];
    expect(loadConfig(flags, {}).allowedOrigins).toEqual(both);
    expect(loadConfig([], {}).allowedOrigins).toEqual([]);
    expect(() => loadConfig(['--allowed-origins', 'https://a.example/'], {})).toThrow(
      '--allowed-origins must be written as https://a.example, not https://a.example/',
    );
  });

  it.each([
    ['0', 0],
    ['1024', 1_024],
    ['64MiB', 64 * 2 ** 20],
    ['2 GiB', 2 * 2 ** 30],
    ['8KiB', 8_192],
  ])('reads %s as a number of bytes', (text, bytes) => {
    expect(loadConfig(['--min-free-bytes', text], {}).minFreeBytes).toBe(bytes);
  });

  it.each([
    [['--auto-create'], true],
    [['--no-auto-create'], false],
    [[], true],
  ])('reads a switch from %j', (flags, expected) => {
    expect(loadConfig(flags, { MILLRACE_AUTO_CREATE: '1' }).autoCreate).toBe(expected);
  });

  it('reads the API key from the environment or a file, never from a flag', () => {
    expect(loadConfig([], { MILLRACE_API_KEY: KEY }).apiKey).toBe(KEY);
    expect(loadConfig(['--config', file(`api_key = "${KEY}"`)], {}).apiKey).toBe(KEY);
    expect(() => loadConfig(['--api-key', KEY], {})).toThrow(ConfigError);
  });

  it('refuses the key of dev mode, from the environment and from a file', () => {
    const rule = 'MILLRACE_API_KEY must not be the key of "millrace dev"';
    const path = file(`api_key = "${DEV_API_KEY}"`);
    expect(() => loadConfig([], { MILLRACE_API_KEY: DEV_API_KEY })).toThrow(rule);
    expect(() => loadConfig(['--config', path], {})).toThrow(rule);
  });

  it('reads several secret keys in order, from the environment or a file', () => {
    const [one, other] = ['first-secret-key-1', 'other-secret-key-2'];
    expect(loadConfig([], {}).secretKeys).toEqual([]);
    expect(loadConfig([], { MILLRACE_SECRET_KEY: one }).secretKeys).toEqual([one]);
    const both = { MILLRACE_SECRET_KEY: `${one},${other}` };
    expect(loadConfig([], both).secretKeys).toEqual([one, other]);
    const path = file(`secret_key = ["${one}", "${other}"]`);
    expect(loadConfig(['--config', path], {}).secretKeys).toEqual([one, other]);
    expect(() => loadConfig(['--secret-key', one], {})).toThrow(ConfigError);
  });

  it.each(['short-key', 'first-secret-key-1,short-key', ' short-key            '])(
    'refuses a short secret key without showing it: %j',
    (keys) => {
      const load = () => loadConfig([], { MILLRACE_SECRET_KEY: keys });
      expect(load).toThrow(
        'MILLRACE_SECRET_KEY must have 16 characters or more in each of its keys',
      );
      expect(load).not.toThrow('short-key');
    },
  );

  it('refuses an empty list of secret keys', () => {
    expect(() => loadConfig([], { MILLRACE_SECRET_KEY: ' , ' })).toThrow(
      'MILLRACE_SECRET_KEY must not be empty',
    );
    expect(() => loadConfig(['--config', file('secret_key = []')], {})).toThrow(
      'secret_key in the configuration file must not be empty',
    );
  });

  it('returns a frozen configuration', () => {
    expect(Object.isFrozen(loadConfig([], {}))).toBe(true);
  });

  it.each([
    [[], { MILLRACE_API_KEY: 'fifteen-chars-x' }, 'MILLRACE_API_KEY must have 16 characters'],
    [['--port', '65536'], {}, '--port must be 0 or more and at most 65535'],
    [['--port', 'http'], {}, '--port must be a whole number'],
    [['--port=-1'], {}, '--port must be'],
    [['--port', '-1'], {}, '--port must be'],
    [['--rate-limit', '-1'], {}, '--rate-limit must be'],
    [[], { MILLRACE_API_KEY: ' sixteen-chars-xx ' }, 'MILLRACE_API_KEY must not begin or end'],
    [['--port', '80.5'], {}, '--port must be a whole number'],
    [['--port', '8KiB'], {}, '--port must be a whole number'],
    [['--port', ''], {}, '--port must be a whole number'],
    [['--min-free-bytes', '1 TB'], {}, '--min-free-bytes must be a whole number of bytes'],
    [['--min-free-bytes', '64MB'], {}, 'of KiB, MiB or GiB: write 64MiB'],
    [['--min-free-bytes', '64M'], {}, 'of KiB, MiB or GiB: write 64MiB'],
    [['--min-free-bytes', '2 g'], {}, 'of KiB, MiB or GiB: write 2GiB'],
    [['--min-free-bytes', '8kib'], {}, 'of KiB, MiB or GiB: write 8KiB'],
    [['--min-free-bytes', '1.5GiB'], {}, 'of KiB, MiB or GiB, for example 64MiB'],
    [['--store', 'sqlite:'], {}, '--store must name a file; write sqlite:PATH'],
    [['--store', 'sqlite::memory:'], {}, '--store must name a file; ":memory:" has a special'],
    [[], { MILLRACE_STORE: 'sqlite:data/' }, '--store must name a file, not a folder'],
    [[], { MILLRACE_PROT: '80' }, 'MILLRACE_PROT is not known; did you mean MILLRACE_PORT?'],
    [[], { MILLRACE_PORT: 'tcp://10.0.0.1:80' }, 'enableServiceLinks: false'],
    [['--host', ''], {}, '--host must be a string and must not be empty'],
    [['--store', 'mysql://u:secret@host/db'], {}, '--store must be'],
    [['--log-level', 'loud'], {}, '--log-level must be one of trace, debug'],
    [['--prot', '80'], {}, "Unknown option '--prot'"],
    [['serve'], {}, 'millrace serve --help'],
    [[], { MILLRACE_PORT: 'x' }, 'MILLRACE_PORT must be a whole number'],
    [[], { MILLRACE_AUTO_CREATE: 'yes' }, 'MILLRACE_AUTO_CREATE must be true or false'],
    [['--config', '/nowhere.toml'], {}, 'file /nowhere.toml cannot be read: there is no such file'],
    [['--config', tmpdir()], {}, 'cannot be read: it is a folder'],
    [['--store-file', tmpdir()], {}, 'cannot be used: it is a folder'],
  ])('refuses %j with %j: %s', (flags, env, message) => {
    expect(() => loadConfig(flags as string[], env)).toThrow(ConfigError);
    expect(() => loadConfig(flags as string[], env)).toThrow(message);
  });

  it.each([
    ['colour = 1', 'colour in'],
    ['port = "x"', 'port in the configuration file must be a whole number'],
    ['port = [1]', 'port in the configuration file must be a whole number'],
    ['auto_create = 2', 'auto_create in the configuration file must be true or false'],
    ['push_allow = [1]', 'push_allow in the configuration file must be a list of strings'],
    ['port = ', 'cannot be read'],
  ])('refuses a file with %s', (text, message) => {
    expect(() => loadConfig(['--config', file(text)], {})).toThrow(message);
  });

  it('prefers a port in a flag to the variable that an orchestrator sets', () => {
    expect(loadConfig(['--port', '9'], { MILLRACE_PORT: 'tcp://10.0.0.1:80' }).port).toBe(9);
  });

  it('puts all meaningless variables into one warning', () => {
    expect(loadConfig([], {}).warnings).toEqual([]);
    const env = { MILLRACE_WORKERS: '4', MILLRACE_COLOUR: 'blue' };
    expect(loadConfig([], env).warnings).toEqual([
      'These variables are not known: MILLRACE_COLOUR, MILLRACE_WORKERS.',
    ]);
  });

  it('does not show the password of a store that it refuses', () => {
    expect(() => loadConfig(['--store', 'mysql://user:secret@host/db'], {})).not.toThrow('secret');
  });

  it('shows where a file is invalid TOML, but none of its lines', () => {
    const path = file(
      'api_key = "the-key-before-it"\nport = = 1\nsecret_key = "the-key-behind-it"',
    );
    const load = () => loadConfig(['--config', path], {});
    expect(load).toThrow(/cannot be read: it is not valid TOML at line 2, column \d+$/);
    expect(load).not.toThrow('the-key');
    expect(load).not.toThrow('port');
  });

  it('reads the address of the metrics', () => {
    expect(loadConfig([], {}).metricsListen).toBeUndefined();
    const address = { host: '::1', port: 9_464 };
    expect(loadConfig(['--metrics-listen', '[::1]:9464'], {}).metricsListen).toEqual(address);
    expect(() => loadConfig(['--metrics-listen', '9464'], {})).toThrow(
      '--metrics-listen must be HOST:PORT',
    );
  });

  describe('--store-file', () => {
    const URL = 'postgres://user:hidden@host/db';
    const storeFile = (text: string, mode = 0o600): string => {
      const path = join(folder, 'store');
      writeFileSync(path, text);
      chmodSync(path, mode);
      return path;
    };

    it('is read as the store, with or without white space around it', () => {
      expect(loadConfig(['--store-file', storeFile(`\n ${URL}\n`)], {}).store).toBe(URL);
      const path = storeFile('sqlite:/data/m.db', 0o400);
      expect(loadConfig([], { MILLRACE_STORE_FILE: path }).store).toBe('sqlite:/data/m.db');
    });

    it.each([0o644, 0o640, 0o604, 0o660])('is refused when its mode is %o', (mode) => {
      const path = storeFile(URL, mode);
      const load = () => loadConfig(['--store-file', path], {});
      expect(load).toThrow(`--store-file ${path} cannot be used: other users have access to it`);
      expect(load).toThrow(`chmod 600 ${path}`);
      expect(load).not.toThrow('hidden');
    });

    it.each([
      ['white space only', ' \n', 'it is empty'],
      ['text that names no store', 'mysql://u:hidden@h/d', 'must be sqlite:PATH or postgres:'],
    ])('is refused when it contains %s', (_what, text, message) => {
      const load = () => loadConfig(['--store-file', storeFile(text)], {});
      expect(load).toThrow(ConfigError);
      expect(load).toThrow(message);
      expect(load).not.toThrow('hidden');
    });

    it('is refused when the file does not exist, or when --store is given too', () => {
      expect(() => loadConfig(['--store-file', '/nowhere'], {})).toThrow('--store-file /nowhere');
      const flags = ['--store-file', storeFile(URL)];
      for (const env of [{ MILLRACE_STORE: 'sqlite:x' }, {}]) {
        const more = 'MILLRACE_STORE' in env ? [] : ['--store', 'sqlite:x'];
        expect(() => loadConfig([...flags, ...more], env)).toThrow(
          '--store and --store-file must not be given together',
        );
      }
    });
  });

  it('a url with parameters that have no effect leaves a warning without its values', () => {
    const url = 'postgres://user:hidden@host/db?connect_timeout=77';
    const { warnings } = loadConfig(['--store', url], {});
    expect(warnings).toEqual([
      'The url of the database has parameters without effect: "connect_timeout".',
    ]);
  });

  it.each(['--store', '--store-direct'])('%s is refused if it has a misspelt parameter', (flag) => {
    const url = 'postgres://user:hidden@host/db?prepare=false&ssl_mode=require';
    const flags = flag === '--store' ? [] : ['--store', 'postgres://host/db'];
    const load = () => loadConfig([...flags, flag, url], {});
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(`the url of ${flag} has a parameter "ssl_mode", which is not known`);
    expect(load).not.toThrow('hidden');
  });

  describe('--store-direct', () => {
    const store = ['--store', 'postgres://pooler/db?prepare=false'];

    it('sets a second address of the database, which is never shown', () => {
      const direct = 'postgres://user:hidden@host/db';
      const config = loadConfig(store, { MILLRACE_STORE_DIRECT: direct });
      expect(config.storeDirect).toBe(direct);
      expect(JSON.stringify(config.changed)).not.toContain('hidden');
      expect(loadConfig(store, {}).storeDirect).toBeUndefined();
    });

    it('is refused for an address that is not PostgreSQL, and beside another kind of store', () => {
      const refused = 'mysql://user:hidden@host/db';
      const load = () => loadConfig([...store, '--store-direct', refused], {});
      expect(load).toThrow('--store-direct must be postgres://USER:PASSWORD@HOST/DATABASE');
      expect(load).not.toThrow('hidden');
      expect(() => loadConfig(['--store-direct', 'postgres://host/db'], {})).toThrow(
        '--store-direct must not be given unless --store is on PostgreSQL',
      );
    });
  });
});
