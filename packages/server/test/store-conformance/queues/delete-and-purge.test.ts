import { expect, it } from 'vitest';
import type { Idempotency } from '#server/core/commands/queue-command';
import { onEachStore, type Project } from '../store-session.js';

const MINUTE_MS = 60_000;

const under = (capability: Idempotency['capability'], fingerprint = 'f'): Idempotency => ({
  capability,
  key: 'k',
  fingerprint,
  windowMs: 3_600_000,
});

/** Sweeps until nothing is left. @returns the number of steps it took */
async function sweep(project: Project, limit: number): Promise<number> {
  for (let steps = 1; ; steps += 1) {
    const { more } = await project.run({ kind: 'sweepDiscarded', limit });
    if (!more) return steps;
  }
}

onEachStore('a purge', (session) => {
  it('removes available, delayed and leased messages at once, but no dead letters', async () => {
    const project = session().project();
    await project.create('q');
    await project.bury('q', '"dead"');
    await project.send('q', '"leased"', '"available"', { delayMs: 1_000 });
    const leased = await project.receiveOne('q');
    expect(await project.run(project.purgeQueue('q'))).toEqual({
      ok: true,
      replayed: false,
      purged: 3,
    });
    expect(await project.tally('q')).toEqual({ dlq: 1 });
    expect((await project.counts('q')).oldestAtMs).toBeNull();
    expect(await project.payloads('q')).toEqual([]);
    expect((await project.peek('q')).items).toEqual([]);
    expect(await project.look('q', leased.messageId)).toBeNull();
    expect(await project.acked('q', leased)).toBe(false);
    expect((await project.run(project.purgeQueue('q'))).purged).toBe(0);
  });

  it('lets no removed message return when its delay or lease ends', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    await project.send('q', '"leased"', { payload: '"delayed"', delayMs: 1_000 });
    await project.receiveOne('q', 1_000);
    await project.run(project.purgeQueue('q'));
    await project.send('q', '"new"');
    session().clock.advance(1_000);
    expect(await project.tally('q')).toEqual({ available: 1 });
    expect(await project.payloads('q')).toEqual(['"new"']);
  });

  it('spares messages published after it in the same commit group', async () => {
    const project = session().project();
    await project.create('q');
    const outcomes = await project.group(
      project.publish('q', ['1', '2']),
      project.purgeQueue('q'),
      project.publish('q', ['3']),
      project.consume('q'),
    );
    expect(outcomes[1]).toMatchObject({ purged: 2 });
    expect(outcomes[3]).toMatchObject({ messages: [{ payload: '3' }] });
  });

  it('of a dead-letter queue takes its dead letters off the counts of their source queues', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    await project.bury('q', '1', '2');
    await project.send('dead', '3');
    expect((await project.run(project.purgeQueue('dead'))).purged).toBe(3);
    expect(await project.tally('q')).toEqual({});
    expect((await project.deadLetters('q')).items).toEqual([]);
    expect((await project.run(project.redrive('q'))).done).toBe(0);
    await project.bury('q', '4');
    expect(await project.tally('q')).toEqual({ dlq: 1 });
    await sweep(project, 100);
    expect(await project.tally('q')).toEqual({ dlq: 1 });
  });

  it('leaves its space to a sweep in small steps, which touches nothing else', async () => {
    const project = session().project();
    await project.create('q');
    await project.create('other');
    await project.send('q', ...Array.from({ length: 50 }, (_, index) => String(index)));
    await project.send('other', '"kept"');
    await project.run(project.purgeQueue('q'));
    await project.send('q', '"new"');
    expect(await sweep(project, 10)).toBeGreaterThanOrEqual(5);
    session().clock.advance(2 * MINUTE_MS);
    expect(await sweep(project, 10)).toBe(1);
    expect(await project.payloads('q')).toEqual(['"new"']);
    expect(await project.payloads('other')).toEqual(['"kept"']);
  });

  it('is replayed under its idempotency key without removing anything again', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const command = project.purgeQueue('q', { idempotency: under('queue.purge') });
    expect((await project.run(command)).purged).toBe(1);
    await project.send('q', '2');
    expect(await project.run(command)).toMatchObject({ replayed: true, purged: 1 });
    expect(await project.tally('q')).toEqual({ available: 1 });
  });
});

onEachStore('a deletion', (session) => {
  it('removes the queue with all its messages, and leaves nothing to a new queue of that name', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    const [dead] = await project.bury('q', '"dead"');
    await project.send('q', '"leased"', '"available"', { delayMs: 1_000 });
    const leased = await project.receiveOne('q', 1_000);
    expect((await project.run(project.deleteQueue('q'))).deleted).toBe(true);
    expect(await project.refused(project.ack('q', leased))).toBe('QUEUE_NOT_FOUND');
    await project.create('q');
    session().clock.advance(1_000);
    expect(await project.tally('q')).toEqual({});
    expect((await project.deadLetters('q')).items).toEqual([]);
    expect(await project.look('q', dead as string)).toBeNull();
    expect(await project.acked('q', leased)).toBe(false);
    await sweep(project, 100);
    expect(await project.tally('q')).toEqual({});
  });

  it('of an unknown queue succeeds without deleting anything', async () => {
    const project = session().project();
    expect(await project.run(project.deleteQueue('q'))).toMatchObject({ deleted: false });
  });

  it('is refused while another queue sends its dead letters to the queue', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    const outcome = await project.submit(project.deleteQueue('dead'));
    expect(outcome).toMatchObject({ ok: false, code: 'QUEUE_IN_USE' });
    expect(JSON.stringify(outcome)).toContain('\\"q\\"');
    await project.run(project.updateQueue('q', { deadLetterQueue: null }));
    expect((await project.run(project.deleteQueue('dead'))).deleted).toBe(true);
  });

  it('leaves dead letters in a named queue, where they belong to no queue any more', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead' });
    const [messageId] = await project.bury('q', '1');
    await project.run(project.deleteQueue('q'));
    await project.create('q', { deadLetterQueue: 'dead' });
    expect(await project.tally('q')).toEqual({});
    expect((await project.deadLetters('q')).items).toEqual([]);
    const single = project.redrive('q', { messageId: messageId as string });
    expect((await project.run(single)).done).toBe(0);
    expect((await project.run(project.redrive('q'))).done).toBe(0);
    expect(await project.receiveOne('dead')).toMatchObject({ messageId, sourceQueue: 'q' });
    await project.run(project.purgeQueue('dead'));
    expect(await project.tally('q')).toEqual({});
  });

  it('ends the jobs of the queue', async () => {
    const project = session().project();
    await project.create('q');
    const payloads = Array.from({ length: 600 }, () => 'null');
    await project.bury('q', ...payloads);
    const { jobId, finished } = await project.run(project.redrive('q'));
    expect(finished).toBe(false);
    await project.run(project.deleteQueue('q'));
    expect(await project.unfinishedJobs()).not.toContain(jobId);
    expect(await project.run({ kind: 'stepJob', jobId: jobId as string })).toMatchObject({
      finished: true,
    });
  });

  it('is replayed under its idempotency key, and spares a queue that was created again', async () => {
    const project = session().project();
    await project.create('q');
    const command = project.deleteQueue('q', { idempotency: under('queue.delete') });
    expect(await project.run(command)).toMatchObject({ replayed: false, deleted: true });
    expect(await project.run(command)).toMatchObject({ replayed: true, deleted: true });
    await project.create('q');
    await project.send('q', '1');
    expect(await project.run(command)).toEqual({ ok: true, replayed: true, deleted: true });
    expect(await project.group(command, project.publish('q', ['2']), command)).toMatchObject([
      { replayed: true },
      { ok: true },
      { replayed: true },
    ]);
    expect(await project.tally('q')).toEqual({ available: 2 });
    // Another key is another request.
    const again = { ...under('queue.delete'), key: 'another' };
    expect(await project.run(project.deleteQueue('q', { idempotency: again }))).toMatchObject({
      replayed: false,
      deleted: true,
    });
  });

  it('spares a queue created again in the commit group that deletes the first one', async () => {
    const project = session().project();
    await project.create('q');
    const command = project.deleteQueue('q', { idempotency: under('queue.delete') });
    const outcomes = await project.group(command, project.createQueue('q'), command);
    expect(outcomes).toMatchObject([{ deleted: true }, { ok: true }, { replayed: true }]);
    expect(await project.tally('q')).toEqual({});
  });

  it('is recorded only where it deleted something', async () => {
    const project = session().project();
    const command = project.deleteQueue('q', { idempotency: under('queue.delete') });
    for (let time = 0; time < 2; time += 1) {
      expect(await project.run(command)).toMatchObject({ replayed: false, deleted: false });
    }
    await project.create('q');
    expect(await project.run(command)).toMatchObject({ replayed: false, deleted: true });
    expect(await project.run(command)).toMatchObject({ replayed: true, deleted: true });
  });

  it('is recorded for its window, and refuses another request under its key', async () => {
    const project = session().project();
    await project.create('q');
    const idempotency = { ...under('queue.delete'), windowMs: 5_000 };
    const command = project.deleteQueue('q', { idempotency });
    await project.run(command);
    await project.create('q');
    const other = { ...idempotency, fingerprint: 'g' };
    expect(await project.refused(project.deleteQueue('q', { idempotency: other }))).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
    session().clock.advance(4_999);
    expect(await project.run(command)).toMatchObject({ replayed: true });
    session().clock.advance(1);
    expect(await project.run(command)).toMatchObject({ replayed: false, deleted: true });
  });

  it('has its idempotency key counted for each queue separately', async () => {
    const project = session().project();
    await project.create('a');
    await project.create('b');
    const remove = (queue: string) =>
      project.submit(
        // The name is part of the request.
        project.deleteQueue(queue, { idempotency: under('queue.delete', queue) }),
      );
    expect(await remove('a')).toMatchObject({ ok: true, deleted: true });
    expect(await remove('b')).toMatchObject({ ok: true, replayed: false, deleted: true });
  });
});

onEachStore('the records of idempotency keys', (session) => {
  it('are deleted with their queue', async () => {
    const project = session().project();
    await project.create('q');
    const first = project.publish('q', ['1'], { idempotency: under('queue.publish') });
    await project.run(first);
    await project.run(project.deleteQueue('q'));
    await project.create('q');
    const idempotency = under('queue.publish', 'another request');
    expect((await project.run(project.publish('q', ['2'], { idempotency }))).replayed).toBe(false);
    expect(await project.payloads('q')).toEqual(['2']);
  });

  it('of a create are deleted with the queue that it made', async () => {
    const project = session().project();
    const idempotency = under('queue.create');
    const command = project.createQueue('q', { maxRetries: 1 }, { idempotency });
    const first = await project.run(command);
    await project.run(project.deleteQueue('q'));
    const again = await project.run(command);
    expect(again.replayed).toBe(false);
    expect(again.queue.id).not.toBe(first.queue.id);
  });

  it('of a create do not block another request once they are deleted', async () => {
    const project = session().project();
    const create = (maxRetries: number) =>
      project.createQueue(
        'q',
        { maxRetries },
        { idempotency: under('queue.create', String(maxRetries)) },
      );
    await project.run(create(1));
    await project.run(project.deleteQueue('q'));
    expect(await project.submit(create(2))).toMatchObject({ ok: true, queue: { maxRetries: 2 } });
  });
});
