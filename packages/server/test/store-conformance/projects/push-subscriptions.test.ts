import { describe, expect, it } from 'vitest';
import {
  type PushSubscriptionRow,
  type SealedTexts,
  sealedTextsOf,
} from '#server/core/queue/push-subscription';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { onEachStore, type Project, StoreSession } from '../store-session.js';

/** A url as it is stored: plain, or sealed with its digest. */
const settingsOf = (url: string, digest: string | null = null) => ({ url, urlDigest: digest });

const subscribe = (
  project: Project,
  queue: string,
  id: string,
  settings: ReturnType<typeof settingsOf> & Partial<SealedTexts>,
  forms = { plainUrl: settings.url, urlDigests: [] as string[], secretDigests: [] as string[] },
) =>
  project.run({
    kind: 'subscribePush',
    autoCreate: false,
    project: project.name,
    queue,
    idempotency: null,
    subscriptionId: id,
    settings,
    forms,
  });

onEachStore('stored push subscriptions', (session) => {
  const rowsOf = async (project: Project, queue: string) =>
    (await session().store.read({ kind: 'pushSubscriptions', project: project.name, queue })) ?? [];

  it('are found by their plain url or by any given digest, and are then stored in the new form', async () => {
    const project = session().project();
    await project.create('q');
    const id = `${project.name}-a`;
    await subscribe(project, 'q', id, settingsOf('https://a.example/'));
    const plainUrl = 'https://a.example/';
    const sealedBy = (sealed: string, digest: string | null, ...urlDigests: string[]) =>
      subscribe(project, 'q', `${project.name}-new`, settingsOf(sealed, digest), {
        plainUrl,
        urlDigests,
        secretDigests: [],
      });
    const steps = [
      await sealedBy('sealed:1', 'digest-1', 'digest-1'),
      await sealedBy('sealed:2', 'digest-2', 'digest-2', 'digest-1'),
      await sealedBy('sealed:3', 'digest-2', 'digest-2'),
    ];
    expect(steps.map(({ subscription }) => subscription.subscriptionId)).toEqual([id, id, id]);
    expect(await rowsOf(project, 'q')).toMatchObject([{ url: 'sealed:3', urlDigest: 'digest-2' }]);
    await sealedBy('sealed:4', 'digest-4', 'digest-4');
    expect(await rowsOf(project, 'q')).toHaveLength(2);
  });

  it('keep a secret that is given again under another key, and replace it by a different one', async () => {
    const project = session().project();
    await project.create('q');
    const id = `${project.name}-a`;
    const url = 'https://a.example/';
    const give = (secret: string, secretDigest: string, ...secretDigests: string[]) =>
      subscribe(
        project,
        'q',
        id,
        { ...settingsOf(url), secret, secretDigest },
        { plainUrl: url, urlDigests: [], secretDigests },
      );
    await give('sealed:old', 'old', 'old');
    await give('sealed:new', 'new', 'new', 'old');
    expect(await rowsOf(project, 'q')).toMatchObject([
      { secret: 'sealed:old', previousSecret: null },
    ]);
    await give('sealed:other', 'other', 'other');
    expect(await rowsOf(project, 'q')).toMatchObject([
      { secret: 'sealed:other', previousSecret: 'sealed:old' },
    ]);
  });

  it('are sealed again only where they are unchanged since they were read', async () => {
    const project = session().project();
    await project.create('q');
    const ids = ['a', 'b', 'c'].map((letter) => `${project.name}-${letter}`);
    for (const id of ids) await subscribe(project, 'q', id, settingsOf(`https://${id}/`));
    const [, second] = await rowsOf(project, 'q');
    const before = (await rowsOf(project, 'q')).map(sealedTextsOf);
    const headers = '{"a":"b"}';
    await subscribe(project, 'q', 'x', {
      ...sealedTextsOf(second as PushSubscriptionRow),
      headers,
    });
    const rows = ids.map((subscriptionId, index) => ({
      subscriptionId,
      before: before[index] as SealedTexts,
      after: { ...(before[index] as SealedTexts), url: `sealed:${index}`, urlDigest: `d${index}` },
    }));
    const seal = { kind: 'sealPush', rows } as const;
    expect(await project.run(seal)).toMatchObject({ sealed: 2 });
    expect(await project.run(seal)).toMatchObject({ sealed: 0 });
    expect((await rowsOf(project, 'q')).map(({ url }) => url)).toEqual([
      'sealed:0',
      `https://${ids[1]}/`,
      'sealed:2',
    ]);
    const gone = rows.map((row) => ({ ...row, subscriptionId: 'nobody' }));
    expect(await project.run({ kind: 'sealPush', rows: gone })).toMatchObject({ sealed: 0 });
  });

  it('are read in pages, including paused ones', async () => {
    const project = session().project();
    await project.create('q');
    const ids = ['a', 'b', 'c'].map((letter) => `zz-${project.name}-${letter}`);
    for (const id of ids) await subscribe(project, 'q', id, settingsOf(`https://${id}/`));
    await project.run({
      kind: 'pausePush',
      project: project.name,
      queue: 'q',
      idempotency: null,
      subscriptionId: ids[1] as string,
      reason: 'requested',
    });
    const read = async (kind: 'allPushSubscriptions' | 'activePushSubscriptions', after: string) =>
      (await session().store.read({ kind, after, limit: 2 })).map((row) => row.subscriptionId);
    const before = `zz-${project.name}-`;
    expect(await read('allPushSubscriptions', before)).toEqual([ids[0], ids[1]]);
    expect(await read('allPushSubscriptions', ids[1] as string)).toEqual([ids[2]]);
    expect(await read('activePushSubscriptions', before)).toEqual([ids[0], ids[2]]);
  });
});

describe('changes of push subscriptions', () => {
  it.each(STORE_FACTORIES)(
    'are read in order on a store that several nodes share: $name',
    async (factory) => {
      const session = await StoreSession.open(await factory.create());
      try {
        const project = session.project();
        await project.create('q');
        const changed = async (afterSeq: number) =>
          session.store.read({ kind: 'changedPushSubscriptions', afterSeq, limit: 10 });
        for (const id of ['a', 'b'])
          await subscribe(project, 'q', id, settingsOf(`https://${id}/`));
        if (factory.isLocal) {
          expect(await changed(0)).toEqual([]);
          return;
        }
        const [a, b, ...others] = await changed(0);
        expect([a?.subscriptionId, b?.subscriptionId, others]).toEqual(['a', 'b', []]);
        const seq = b?.changedSeq as number;
        expect(await changed(seq)).toEqual([]);
        await subscribe(project, 'q', 'x', settingsOf('https://a/'));
        await project.run({
          kind: 'pausePush',
          project: project.name,
          queue: 'q',
          idempotency: null,
          subscriptionId: 'b',
          reason: 'requested',
        });
        expect(await changed(seq)).toMatchObject([
          { subscriptionId: 'a', state: 'active' },
          { subscriptionId: 'b', state: 'paused' },
        ]);
      } finally {
        await session.remove();
      }
    },
  );
});
