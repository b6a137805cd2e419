import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signatureHeaders } from '#server/push/request/signing/signing';
import { readProtocol, sectionOf } from './protocol-document.js';

/** Runs the verification code that PROTOCOL.md gives to receivers on what the server signs. */

const run = promisify(execFile);
const section = sectionOf(await readProtocol(), '### Signatures');
const blockOf = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1] as string;

const OLD = 'whsec_b2xkIHNlY3JldA==';
const NEW = 'a plain secret';
const body = Buffer.from('{"payload":"ü"}');

interface Case {
  readonly secret: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function signed(ageSeconds: number, secrets = [NEW, OLD]): Record<string, string> {
  const timestampSeconds = Math.floor(Date.now() / 1_000) - ageSeconds;
  return signatureHeaders({ messageId: 'message-1', timestampSeconds, body, secrets });
}

const CASES: readonly (Case & { expected: boolean; what: string })[] = [
  { what: 'the newest secret', secret: NEW, headers: signed(0), body: `${body}`, expected: true },
  { what: 'the previous secret', secret: OLD, headers: signed(0), body: `${body}`, expected: true },
  {
    what: 'another secret',
    secret: `${NEW}!`,
    headers: signed(0),
    body: `${body}`,
    expected: false,
  },
  { what: 'another body', secret: NEW, headers: signed(0), body: '{}', expected: false },
  { what: 'an old timestamp', secret: NEW, headers: signed(600), body: `${body}`, expected: false },
  { what: 'no signature', secret: NEW, headers: signed(0, []), body: `${body}`, expected: false },
];

const JS = `
import { verify } from './verify.mjs';
const cases = JSON.parse(process.argv[2]);
console.log(JSON.stringify(cases.map((c) => verify(c.secret, c.headers, Buffer.from(c.body)))));`;
const PYTHON = `
import json, sys
from verify import verify
cases = json.loads(sys.argv[1])
print(json.dumps([verify(c["secret"], c["headers"], c["body"].encode()) for c in cases]))`;

const hasPython = await run('python3', ['--version']).then(
  () => true,
  () => false,
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-signatures-'));
  await writeFile(join(folder, 'verify.mjs'), blockOf('js'));
  await writeFile(join(folder, 'cases.mjs'), JS);
  await writeFile(join(folder, 'verify.py'), blockOf('python'));
  await writeFile(join(folder, 'cases.py'), PYTHON);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([
  { command: process.execPath, script: 'cases.mjs', name: 'Node', isThere: true },
  { command: 'python3', script: 'cases.py', name: 'Python', isThere: hasPython },
])('the verification code of PROTOCOL.md in $name', ({ command, script, isThere }) => {
  test.skipIf(!isThere)('accepts what the server signs and nothing else', async () => {
    const { stdout } = await run(command, [join(folder, script), JSON.stringify(CASES)]);
    const verdicts = JSON.parse(stdout) as boolean[];
    for (const [index, { what, expected }] of CASES.entries()) {
      expect(verdicts[index], what).toBe(expected);
    }
  });
});
