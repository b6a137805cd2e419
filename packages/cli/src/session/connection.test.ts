import { describe, expect, it } from 'vitest';
import { connectionOf, type FindContext } from './connection.js';

const CONTEXTS: Readonly<Record<string, { url: string; apiKey: string }>> = {
  prod: { url: 'https://prod', apiKey: 'prod-key' },
  current: { url: 'https://current', apiKey: 'current-key' },
};
const findContext: FindContext = (name = 'current') => CONTEXTS[name];
const noContext: FindContext = () => undefined;
const variables = { MILLRACE_URL: 'https://variable', MILLRACE_API_KEY: 'variable-key' };

describe('the server and its key', () => {
  it.each([
    ['flags', { url: 'https://flag', key: 'flag-key', context: 'prod' }, variables, 'flag'],
    ['--context', { context: 'prod' }, variables, 'prod'],
    ['variables', {}, { ...variables, MILLRACE_CONTEXT: 'prod' }, 'variable'],
    ['MILLRACE_CONTEXT', {}, { MILLRACE_CONTEXT: 'prod' }, 'prod'],
    ['the current context', {}, { MILLRACE_URL: '', MILLRACE_API_KEY: '' }, 'current'],
  ])('come from %s before what follows', (_, flags, environment, name) => {
    expect(connectionOf(flags, environment, findContext)).toEqual({
      url: `https://${name}`,
      apiKey: `${name}-key`,
    });
  });

  it('are those of millrace dev without anything', () => {
    expect(connectionOf({}, {}, noContext)).toEqual({
      url: 'http://127.0.0.1:8080',
      apiKey: 'ifr_millrace_dev_is_no_secret',
    });
  });

  it.each(['here', 'localhost:8080', 'ftp://host'])('are refused at %s', (url) => {
    expect(() => connectionOf({}, { MILLRACE_URL: url, MILLRACE_API_KEY: 'k' }, noContext)).toThrow(
      /^the address of the server must begin with http:\/\/ or https:\/\/$/,
    );
  });

  it.each([
    ['https://ifr_secret@host', /^the address of the server must not contain a user name/],
    ['http://host:99999', /^the address of the server must be a url .* with a port up to 65535$/],
  ])('are refused at %s with what is wrong', (url, why) => {
    expect(() => connectionOf({ url, key: 'k' }, {}, noContext)).toThrow(why);
  });

  it.each(['', 'two words', 'é'])('are refused with the key %j', (key) => {
    expect(() => connectionOf({ url: 'http://host', key }, {}, noContext)).toThrow(
      /^the API key must have/,
    );
  });

  it('are asked for without what a url should not contain', () => {
    const url = 'https://other/path?key=ifr_secret';
    expect(() => connectionOf({ url }, {}, noContext)).toThrow(
      /^there is no API key for https:\/\/other$/,
    );
  });

  it('are one of each: a key goes to the server of a context, its key nowhere else', () => {
    const { url, apiKey } = connectionOf({ key: 'flag-key' }, {}, findContext);
    expect([url, apiKey]).toEqual(['https://current', 'flag-key']);
    expect(connectionOf({ url: 'https://current' }, {}, findContext).apiKey).toBe('current-key');
    expect(connectionOf({ url: 'https://CURRENT:443/' }, {}, findContext).apiKey).toBe(
      'current-key',
    );
    for (const context of [findContext, noContext]) {
      expect(() => connectionOf({ url: 'https://other' }, {}, context)).toThrow('no API key for');
    }
  });
});
