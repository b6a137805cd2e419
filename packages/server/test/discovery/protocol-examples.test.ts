import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CAPABILITIES, ERRORS, type ErrorCode } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { ADMIN_KEY, startTestServer } from '../harness/http-server.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { readProtocol, sectionOf, shellBlocks } from './protocol-document.js';
import { startReceiver } from './receiver.js';

const run = promisify(execFile);

/** Separates the outputs of two blocks; no answer contains it. */
const END_OF_BLOCK = '--- end of block ---';

/** A block that must fail names its error in a comment on a separate line. */
const EXPECTED_ERROR = /^# (\d{3}) ([A-Z_]+)$/m;

/** Runs all blocks in one shell, so that later blocks can use variables of earlier ones. */
async function runBlocks(
  blocks: readonly string[],
  variables: { MILLRACE_URL: string; RECEIVER: string },
): Promise<string[]> {
  const script = blocks.map((block) => `${block}\necho; echo '${END_OF_BLOCK}'\n`).join('');
  const env = { ...process.env, ...variables, MILLRACE_API_KEY: ADMIN_KEY };
  const { stdout, stderr } = await run('bash', ['-c', script], { env });
  expect(stderr).toBe('');
  return stdout.split(END_OF_BLOCK).slice(0, -1);
}

describe.each(STORE_FACTORIES)('the examples of PROTOCOL.md on $name', (factory) => {
  test('succeed one after another on a fresh server', async () => {
    const blocks = shellBlocks(await readProtocol());
    const fixture = await factory.create();
    const receiver = await startReceiver();
    const server = await startTestServer(fixture, ['--push-allow', '127.0.0.0/8']);
    try {
      const variables = { MILLRACE_URL: server.url, RECEIVER: receiver.url };
      const outputs = await runBlocks(blocks, variables);
      expect(outputs).toHaveLength(blocks.length);
      for (const [index, block] of blocks.entries()) {
        if (block.includes('curl')) expectAnswer(block, outputs[index] as string);
      }
    } finally {
      await server.stop();
      await receiver.stop();
      await fixture.remove();
    }
  });
});

function expectAnswer(block: string, output: string): void {
  const answer = JSON.parse(output);
  const [, status, code] = EXPECTED_ERROR.exec(block) ?? [];
  if (code === undefined) {
    expect(answer.ok, `${block}\n${output}`).toBe(true);
    // An example without an effect explains nothing.
    expect(output, block).not.toMatch(/"(acked|nacked|extended|deleted|revoked|delivered)":false/);
    expect(output, block).not.toMatch(/"(messages|items|results|message_ids)":\[\]/);
    expect(output, block).not.toMatch(/"(redriven|purged)":0/);
  } else {
    expect(answer.error?.code, `${block}\n${output}`).toBe(code);
    expect(ERRORS[code as ErrorCode].status).toBe(Number(status));
  }
}

test('every call has an example in its section of PROTOCOL.md', async () => {
  const document = await readProtocol();
  for (const { id, path } of Object.values(CAPABILITIES)) {
    const [fixed] = path.split('{') as [string];
    const blocks = shellBlocks(sectionOf(document, `### ${id}`));
    expect(
      blocks.some((block) => block.includes(`$MILLRACE_URL${fixed}`)),
      id,
    ).toBe(true);
  }
});
