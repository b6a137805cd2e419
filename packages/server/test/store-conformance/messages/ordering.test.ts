import { expect, it } from 'vitest';
import { onEachStore, withReceipt } from '../store-session.js';

onEachStore('delivery', (session) => {
  it('follows the order of publishing', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2');
    await project.send('q', '3');
    session().clock.advance(5);
    await project.send('q', '4');
    expect(await project.payloads('q', 3)).toEqual(['1', '2', '3']);
    expect(await project.payloads('q')).toEqual(['4']);
  });

  it('does not follow the order of message ids', async () => {
    const project = session().project();
    await project.create('q');
    const older = project.publish('q', ['"made first"']);
    const newer = project.publish('q', ['"made second"']);
    await project.run(newer);
    await project.run(older);
    expect(await project.payloads('q')).toEqual(['"made second"', '"made first"']);
  });

  it('keeps the order of a retried message, nacked or expired', async () => {
    const project = session().project();
    await project.create('q', { visibilityTimeoutDefaultMs: 1_000 });
    await project.send('q', '1', '2', '3', '4');
    const [first, second] = await project.receive('q', 2);
    if (first === undefined || second === undefined) throw new Error('nothing received');
    await project.run(project.nack('q', second));
    session().clock.advance(1_000);
    expect(await project.payloads('q')).toEqual(['1', '2', '3', '4']);
  });

  it('keeps the order of a message that was released', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2');
    await project.run(project.extend('q', await project.receiveOne('q'), 0));
    expect(await project.payloads('q')).toEqual(['1', '2']);
  });

  it('puts a dead letter at the tail of its named queue', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    await project.send('q', '1', '2');
    await project.send('dead', '"before"');
    const [first, second] = await project.receive('q');
    if (first === undefined || second === undefined) throw new Error('nothing received');
    await project.run(project.nack('q', second, { requeue: false }));
    await project.run(project.nack('q', first, { requeue: false }));
    await project.send('dead', '"after"');
    expect(await project.payloads('dead')).toEqual(['"before"', '2', '1', '"after"']);
  });

  it('follows the order of expiry for dead letters of leases that ran out together', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead', maxRetries: 0 });
    await project.send('q', '"long"', '"short"');
    await project.receiveOne('q', 2_000);
    await project.receiveOne('q', 1_000);
    session().clock.advance(5_000);
    expect(await project.payloads('dead')).toEqual(['"short"', '"long"']);
  });

  it('keeps queues and projects apart', async () => {
    const [project, other] = [session().project(), session().project()];
    for (const owner of [project, other]) {
      await owner.create('q');
      await owner.create('r');
    }
    await project.send('q', '"mine"');
    expect(await other.payloads('q')).toEqual([]);
    expect(await project.payloads('r')).toEqual([]);
    const message = await project.receiveOne('q');
    expect(await other.acked('q', message)).toBe(false);
    expect(await project.acked('r', message)).toBe(false);
    expect(await project.acked('q', withReceipt(message, null))).toBe(true);
  });
});
