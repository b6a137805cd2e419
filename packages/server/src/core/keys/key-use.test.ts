import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import type { Command, RecordKeyUseCommand } from '../commands/commands.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import { CONFIGURED_KEY_ID } from './key-ring.js';
import { KeyUse } from './key-use.js';

function useKeys() {
  const clock = new FakeClock();
  const commands: RecordKeyUseCommand[] = [];
  const commit = {
    submit: async (command: Command) => {
      commands.push(command as RecordKeyUseCommand);
      return { ok: true, replayed: false, recorded: 1 };
    },
  } as unknown as GroupCommit;
  const uses = () => commands.flatMap((command) => command.uses);
  const minuteMs = () => Math.floor(clock.nowMs() / 60_000) * 60_000;
  return { clock, commands, uses, minuteMs, keyUse: new KeyUse(commit, clock) };
}

it('the use of a key is written once a minute, in the background', () => {
  const { clock, uses, minuteMs, keyUse } = useKeys();
  clock.advance(60_000 - (clock.nowMs() % 60_000));
  for (let count = 0; count < 1_000; count += 1) keyUse.used('a');
  expect(uses()).toEqual([]);
  clock.advance(5_000);
  expect(uses()).toEqual([{ keyId: 'a', atMs: minuteMs() }]);
  for (let count = 0; count < 9; count += 1) {
    keyUse.used('a');
    clock.advance(5_000);
  }
  expect(uses()).toHaveLength(1);
  clock.advance(60_000);
  keyUse.used('a');
  clock.advance(5_000);
  expect(uses()[1]).toEqual({ keyId: 'a', atMs: minuteMs() });
});

it('the use of the configured key is not written', async () => {
  const { commands, keyUse } = useKeys();
  keyUse.used(CONFIGURED_KEY_ID);
  await keyUse.flush();
  expect(commands).toEqual([]);
});

it('the uses of many keys are written in small batches', async () => {
  const { commands, uses, keyUse } = useKeys();
  for (let key = 0; key < 1_000; key += 1) keyUse.used(`key-${key}`);
  await keyUse.flush();
  expect(uses()).toHaveLength(1_000);
  expect(Math.max(...commands.map((command) => command.uses.length))).toBeLessThanOrEqual(200);
});
