import type { SeededRandom } from './seeded-random.js';

/** JSON texts that a server would change if it parsed and printed them again. */
const SHAPES: readonly ((token: string, random: SeededRandom) => string)[] = [
  (token) => `{"token":"${token}","n":1}`,
  (token) => `{ "token" : "${token}",\n\t"big": 12345678901234567890123, "exp":1.0E+2 }`,
  (token) => `{"token":"${token}","a":1,"a":2,"nul":"\\u0000","\\u00e9":"é 😀 \\ud83d\\ude00"}`,
  (token) => `["${token}",null,{ },[ ],-0.0]`,
  (token) => `"${token}"`,
  (token, random) => `{"token":"${token}","pad":"${'x'.repeat(random.integer(0, 4_000))}"}`,
];

export function makePayload(token: string, random: SeededRandom): string {
  return random.pick(SHAPES)(token, random);
}
