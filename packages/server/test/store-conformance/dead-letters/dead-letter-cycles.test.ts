import Database from 'better-sqlite3';
import pg from 'pg';
import { expect, it } from 'vitest';
import { onEachStore, onEachStoreAndModel, type Project } from '../store-session.js';

const failOnce = async (project: Project, queue: string): Promise<void> => {
  await project.run(project.nack(queue, await project.receiveOne(queue)));
};

onEachStoreAndModel('a dead letter', (session) => {
  it('does not go back to the queue it came from, even if changed settings send it there', async () => {
    const project = session().project();
    await project.create('a', { maxRetries: 0 });
    await project.create('b', { maxRetries: 0 });
    await project.run(project.updateQueue('a', { deadLetterQueue: 'b' }));
    await project.send('a', '1');
    await failOnce(project, 'a');
    await project.run(project.updateQueue('a', { deadLetterQueue: null }));
    await project.run(project.updateQueue('b', { deadLetterQueue: 'a' }));
    await failOnce(project, 'b');
    expect(await project.tally('a')).toEqual({});
    expect(await project.tally('b')).toEqual({ dlq: 1 });
    // A message published to the queue itself goes where the settings say.
    await project.send('b', '2');
    await failOnce(project, 'b');
    expect(await project.payloads('a')).toEqual(['2']);
  });
});

/** Writes a state that an older version could leave when two nodes changed settings at once. */
async function write(url: string, sql: (schema: string) => string): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const db = new Database(url.slice('sqlite:'.length));
    db.exec(sql(''));
    db.close();
    return;
  }
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql('millrace.'));
  await client.end();
}

onEachStore('a cycle of dead-letter queues left by an older version', (session) => {
  it.each([2, 3, 4])(
    'with %i queues moves a message through each queue at most once',
    async (count) => {
      const project = session().project();
      const names = Array.from({ length: count }, (_, n) => `q${n}`);
      const last = names.at(-1) as string;
      await project.create(last, { maxRetries: 0 });
      for (const [n, name] of [...names.entries()].reverse().slice(1)) {
        const deadLetterQueue = names[n + 1] as string;
        await project.create(name, { maxRetries: 0, deadLetterQueue });
      }
      await session().store.stop();
      await write(
        session().fixture.url,
        (schema) => `UPDATE ${schema}queues SET dead_letter_queue_id = (
          SELECT id FROM ${schema}queues WHERE name = 'q0' AND project = '${project.name}')
        WHERE name = '${last}' AND project = '${project.name}'`,
      );
      await session().restart();
      await project.send('q0', '1');
      let failures = 0;
      for (let round = 0; round < 3; round += 1) {
        for (const name of names) {
          const [message] = await project.receive(name);
          if (message === undefined) continue;
          await project.run(project.nack(name, message));
          failures += 1;
        }
      }
      expect(failures).toBeLessThanOrEqual(count);
      expect(await project.tally('q1')).toEqual({ dlq: 1 });
    },
  );
});
