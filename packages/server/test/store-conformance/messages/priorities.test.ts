import { expect, it } from 'vitest';
import { onEachStore } from '../store-session.js';

onEachStore('priorities', (session) => {
  it('are delivered from high to low, and equal ones in order', async () => {
    const project = session().project();
    await project.create('q', { enablePriority: true });
    const mixed = [0, 9, 5, 9, 0].map((priority, at) => ({
      priority,
      payload: `"${priority}.${at}"`,
    }));
    await project.send('q', ...mixed);
    expect(await project.payloads('q')).toEqual(['"9.1"', '"9.3"', '"5.2"', '"0.0"', '"0.4"']);
  });

  it('are ignored in a queue without priorities, but shown', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', { payload: '1', priority: 0 }, { payload: '2', priority: 9 });
    const messages = await project.receive('q');
    expect(messages.map(({ payload, priority }) => [payload, priority])).toEqual([
      ['1', 0],
      ['2', 9],
    ]);
  });

  it('put a retried message before lower ones and before later ones of its priority', async () => {
    const project = session().project();
    await project.create('q', { enablePriority: true });
    await project.send('q', { payload: '"low"' }, { payload: '"a"', priority: 3 });
    const message = await project.receiveOne('q');
    await project.send('q', { payload: '"b"', priority: 3 });
    await project.run(project.nack('q', message));
    expect(await project.payloads('q')).toEqual(['"a"', '"b"', '"low"']);
  });

  it('of dead letters apply where the dead-letter queue has priorities', async () => {
    const project = session().project();
    await project.create('ranked', { enablePriority: true });
    await project.create('plain');
    await project.create('q1', { deadLetterQueue: 'ranked' });
    await project.create('q2', { deadLetterQueue: 'plain' });
    for (const queue of ['q1', 'q2']) {
      await project.send(queue, { payload: '"low"' }, { payload: '"high"', priority: 9 });
      for (const message of await project.receive(queue)) {
        await project.run(project.nack(queue, message, { requeue: false }));
      }
    }
    expect(await project.payloads('ranked')).toEqual(['"high"', '"low"']);
    expect(await project.payloads('plain')).toEqual(['"low"', '"high"']);
  });
});
