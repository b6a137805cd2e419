import { expect, it } from 'vitest';
import { isLoopback, parseListenAddress } from './listen-address.js';

it.each([
  ['127.0.0.1:9464', { host: '127.0.0.1', port: 9_464 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['localhost:65535', { host: 'localhost', port: 65_535 }],
])('the address %s is read', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

it.each([
  '',
  '9464',
  ':9464',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:x',
  '::1:9464',
  '[::1]',
  '[1.2.3.4]:1',
  '[::1:9464',
  'http://localhost:9464',
  'user@host:1',
])('the address %j is refused', (text) => {
  expect(parseListenAddress(text)).toBeUndefined();
});

it('a loopback host is one that only this machine reaches', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) {
    expect(isLoopback(host), host).toBe(true);
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example.com', 'host.example']) {
    expect(isLoopback(host), host).toBe(false);
  }
});
