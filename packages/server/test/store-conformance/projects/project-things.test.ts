import { describe, expect, it } from 'vitest';
import { onEachLimitedStore, type Project } from '../store-session.js';
import { newKey, newSubscription, overQuota, usageOf } from './quota-commands.js';

const things = { projectQueues: 2, projectSubscriptions: 2, projectKeys: 2 };

onEachLimitedStore('the quotas of queues, subscriptions and keys', things, (session) => {
  describe('queues', () => {
    it('are refused beyond the quota, and a deletion makes room for another', async () => {
      const project = session().project();
      await project.create('a');
      await project.create('b');
      expect(await overQuota(project, project.createQueue('c'))).toContain('--max-project-queues');
      await project.create('b');
      await project.run(project.deleteQueue('a'));
      await project.create('c');
      expect(await usageOf(session(), project)).toMatchObject({ queues: 2 });
    });

    it('are refused beyond the quota within a commit group', async () => {
      const project = session().project();
      const outcomes = await project.group(
        ...['a', 'b', 'c'].map((name) => project.createQueue(name)),
      );
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
    });

    it('are not created beyond the quota by publishes and consumes either', async () => {
      const project = session().project();
      const outcomes = await project.group(
        project.publish('a', ['1'], { autoCreate: true }),
        project.consume('b', { autoCreate: true }),
        project.consume('c', { autoCreate: true }),
        project.publish('d', ['1'], { autoCreate: true }),
        project.publish('a', ['2'], { autoCreate: true }),
      );
      expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code))).toEqual([
        'ok',
        'ok',
        'STORAGE_FULL',
        'STORAGE_FULL',
        'ok',
      ]);
      expect(await usageOf(session(), project)).toMatchObject({ messages: 2, queues: 2 });
    });
  });

  it('subscriptions are refused beyond the quota over all queues, but existing ones can change', async () => {
    const project = session().project();
    await project.create('a');
    await project.create('b');
    const { subscription } = await project.run(newSubscription(project, 'a', 'https://a.example/'));
    await project.run(newSubscription(project, 'b', 'https://b.example/'));
    const third = newSubscription(project, 'b', 'https://c.example/');
    expect(await overQuota(project, third)).toContain('--max-project-subscriptions');
    await project.run(newSubscription(project, 'a', 'https://a.example/'));
    const { subscriptionId } = subscription;
    const gone = {
      kind: 'unsubscribePush',
      queue: 'a',
      idempotency: null,
      subscriptionId,
    } as const;
    await project.run({ ...gone, project: project.name });
    await project.run({ ...gone, project: project.name });
    await project.run(third);
    expect(await usageOf(session(), project)).toMatchObject({ subscriptions: 2 });
    await project.run(project.deleteQueue('b'));
    expect(await usageOf(session(), project)).toMatchObject({ subscriptions: 0 });
  });

  it('keys are refused beyond the quota of valid keys', async () => {
    const project = session().project();
    const first = newKey(project);
    const passing = newKey(project);
    const expiresAtMs = session().clock.nowMs() + 1_000;
    await project.run(first);
    await project.run({ ...passing, key: { ...passing.key, expiresAtMs } });
    expect(await overQuota(project, newKey(project))).toContain('--max-project-keys');
    session().clock.advance(1_000);
    await project.run(newKey(project));
    await project.refused(newKey(project));
    const revoke = { kind: 'revokeKey', project: project.name, idempotency: null } as const;
    for (const key of [first, first, passing]) {
      await project.run({ ...revoke, keyId: key.key.keyId });
    }
    await project.run(newKey(project));
    expect(await project.refused(newKey(project))).toBe('STORAGE_FULL');
    expect(await usageOf(session(), project)).toMatchObject({ keys: 2 });
  });
});

onEachLimitedStore('keys that have ended', {}, (session) => {
  it('are remembered, up to the newest thousand of each project', async () => {
    const [project, other] = [session().project(), session().project()];
    const endKeys = async (owner: Project, count: number): Promise<string[]> => {
      const made = Array.from({ length: count }, () => newKey(owner));
      const revoke = { kind: 'revokeKey', project: owner.name, idempotency: null } as const;
      const commands = made.flatMap((command) => [
        command,
        { ...revoke, keyId: command.key.keyId },
      ]);
      await owner.group(...commands);
      session().clock.advance(1);
      return made.map(({ key }) => key.secretHash);
    };
    const isRemembered = async (secretHash: string): Promise<boolean> =>
      (await session().store.read({ kind: 'findKeys', secretHashes: [secretHash] })).length > 0;
    const ofOther = await endKeys(other, 1);
    const oldest = await endKeys(project, 3);
    const newest = await endKeys(project, 1_000);
    await project.run(newKey(project));
    const remembered = await Promise.all([...oldest, ...ofOther, ...newest].map(isRemembered));
    expect(remembered.slice(0, 3)).toEqual([false, false, false]);
    expect(remembered.slice(3)).not.toContain(false);
    expect(await usageOf(session(), other)).toMatchObject({ keys: 0 });
    expect(await usageOf(session(), project)).toMatchObject({ keys: 1 });
  });
});
