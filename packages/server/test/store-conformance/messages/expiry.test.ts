import { expect, it } from 'vitest';
import { createExpiry } from '#server/maintenance/expire-messages';
import { takeSteps } from '../dead-letters/stepped-job.js';
import { onEachStore } from '../store-session.js';

const MINUTE_MS = 60_000;

onEachStore('the retention sweep', (session) => {
  it('looks only at queues with messages past their retention', async () => {
    const project = session().project();
    const { clock } = session();
    const walked: number[] = [];
    const looked: number[] = [];
    const { job, stepIsOver } = takeSteps(session(), (commit) =>
      createExpiry(
        {
          ...commit,
          submit: (command, access) => {
            if (command.kind === 'expire' && command.queueIds === undefined) walked.push(1);
            else if (command.kind === 'expire') looked.push(command.queueIds?.length ?? 0);
            return commit.submit(command, access);
          },
        },
        clock,
      ),
    );
    for (const queue of ['a', 'b', 'idle']) {
      await project.create(queue, { messageRetentionDays: 1 });
      if (queue !== 'idle') await project.send(queue, '1');
      clock.advance(10 * MINUTE_MS);
    }
    const settle = async () => {
      for (let before = -1; before !== walked.length + looked.length; ) {
        before = walked.length + looked.length;
        await stepIsOver();
        clock.advance(10);
        await stepIsOver();
      }
    };
    job.start();
    await settle();
    // Half an hour has passed since the first message was sent. All queues are looked at once an hour.
    clock.advance((23 * 60 + 20) * MINUTE_MS);
    await settle();
    const walks = walked.length;
    clock.advance(12 * MINUTE_MS);
    await settle();
    expect([await project.tally('a'), await project.tally('b')]).toEqual([{}, { available: 1 }]);
    clock.advance(10 * MINUTE_MS);
    await settle();
    expect(await project.tally('b')).toEqual({});
    expect([walked.length, looked]).toEqual([walks, [1, 1]]);
    await job.stop();
  });
});
