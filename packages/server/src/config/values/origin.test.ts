import { expect, test } from 'vitest';
import { faultOfOrigin } from './origin.js';

test.each(['https://app.example', 'http://localhost:5173', 'http://[::1]:3000'])(
  '%s is an origin as browsers send it',
  (text) => {
    expect(faultOfOrigin(text)).toBeUndefined();
  },
);

test.each([
  ['*', 'one by one'],
  ['null', 'one by one'],
  ['https://*.app.example', 'one by one'],
  ['app.example', 'such as https://app.example'],
  ['ftp://app.example', 'such as https://app.example'],
  ['https://app.example/', 'written as https://app.example,'],
  ['https://App.Example:443', 'written as https://app.example,'],
  ['https://user@app.example', 'written as https://app.example,'],
])('%s is refused: %s', (text, fault) => {
  expect(faultOfOrigin(text)).toContain(fault);
});
