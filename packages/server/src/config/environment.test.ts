import { describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.js';
import { unknownVariables } from './environment.js';
import { SETTINGS, variableOf } from './settings.js';

describe('an environment variable', () => {
  it.each([
    ['MILLRACE_PROT', 'MILLRACE_PORT'],
    ['MILLRACE_PORTS', 'MILLRACE_PORT'],
    ['MILLRACE_PORT_', 'MILLRACE_PORT'],
    ['MILLRACE_POT', 'MILLRACE_PORT'],
    ['millrace_port', 'MILLRACE_PORT'],
    ['Millrace_Port', 'MILLRACE_PORT'],
    ['MILLRACE_API_KEYS', 'MILLRACE_API_KEY'],
    ['MILLRACE_APIKEY', 'MILLRACE_API_KEY'],
    ['MILLRACE_SECRET_KEYS', 'MILLRACE_SECRET_KEY'],
    ['MILLRACE_STORES', 'MILLRACE_STORE'],
    ['MILLRACE_CONFG', 'MILLRACE_CONFIG'],
    ['MILLRACE_MIN_FREE_BYTE', 'MILLRACE_MIN_FREE_BYTES'],
    ['MILLRACE_TRUST__PROXY', 'MILLRACE_TRUST_PROXY'],
  ])('is refused when its name resembles a setting: %s', (name, meant) => {
    const look = () => unknownVariables({ [name]: 'a-value-of-somebody' });
    expect(look).toThrow(ConfigError);
    expect(look).toThrow(`${name} is not known; did you mean ${meant}?`);
    expect(look).not.toThrow('a-value-of-somebody');
  });

  it('is accepted when it is a setting, also one that resembles another setting', () => {
    const all = ['MILLRACE_CONFIG', ...Object.keys(SETTINGS).map(variableOf)];
    expect(unknownVariables(Object.fromEntries(all.map((name) => [name, '1'])))).toEqual([]);
  });

  it('is reported when it has no meaning, in alphabetical order and without its value', () => {
    const env = { MILLRACE_WORKERS: '4', MILLRACE_COLOUR: 'blue', OTHER: 'x', MILLRACED_PORT: '1' };
    expect(unknownVariables(env)).toEqual(['MILLRACE_COLOUR', 'MILLRACE_WORKERS']);
  });

  it('is ignored when it is empty', () => {
    expect(unknownVariables({ MILLRACE_PROT: '', MILLRACE_COLOUR: '' })).toEqual([]);
  });

  it('is accepted when an orchestrator sets it for a service named millrace', () => {
    const service = {
      MILLRACE_SERVICE_HOST: '10.0.0.1',
      MILLRACE_SERVICE_PORT: '8080',
      MILLRACE_SERVICE_PORT_HTTP: '8080',
      MILLRACE_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      MILLRACE_PORT_8080_TCP_PROTO: 'tcp',
      MILLRACE_PORT_8080_TCP_PORT: '8080',
      MILLRACE_PORT_8080_TCP_ADDR: '10.0.0.1',
      MILLRACE_METRICS_SERVICE_HOST: '10.0.0.2',
      MILLRACE_METRICS_SERVICE_PORT_HTTP: '9464',
      MILLRACE_METRICS_PORT: 'tcp://10.0.0.2:9464',
      MILLRACE_METRICS_PORT_9464_TCP_ADDR: '10.0.0.2',
      MILLRACE_NAME: '/web/millrace',
      MILLRACE_ENV_NODE_VERSION: '24.0.0',
    };
    expect(unknownVariables(service)).toEqual([]);
  });

  it('is accepted when it belongs to the client or the tests', () => {
    const env = {
      MILLRACE_URL: 'http://127.0.0.1:8080',
      MILLRACE_API_KEY: 'a-key-of-the-test',
      MILLRACE_TEST_POSTGRES: 'postgres://u@h/d',
      MILLRACE_TEST_SEED: '1',
      MILLRACE_UPDATE_SCHEMA: '1',
    };
    expect(unknownVariables(env)).toEqual([]);
  });

  it.each(['tcp://10.0.0.1:8080', 'udp://10.0.0.1:53'])(
    'is refused as the port when it is the address of a service: %s',
    (address) => {
      const look = () => unknownVariables({ MILLRACE_PORT: address });
      expect(look).toThrow(ConfigError);
      for (const word of [address, 'Rename the service', 'enableServiceLinks: false', '--port']) {
        expect(look).toThrow(word);
      }
    },
  );
});
