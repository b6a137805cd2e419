import { expect, it } from 'vitest';
import type { CreateKeyCommand, RevokeKeyCommand } from '#server/core/commands/commands';
import type { Idempotency } from '#server/core/commands/queue-command';
import { onEachStore, type Project } from '../store-session.js';

interface KeyOptions {
  readonly keyId: string;
  readonly onlyIfNone?: boolean;
  readonly expiresAtMs?: number;
  readonly idempotency?: Idempotency;
}

const createKey = (project: Project, options: KeyOptions): CreateKeyCommand => ({
  kind: 'createKey',
  project: project.name,
  key: {
    keyId: options.keyId,
    name: `name of ${options.keyId}`,
    project: project.name,
    scopes: ['publish', 'read'],
    secretHash: `hash of ${options.keyId}`,
    expiresAtMs: options.expiresAtMs ?? null,
  },
  sealedSecret: options.idempotency === undefined ? null : `sealed for ${options.keyId}`,
  onlyIfNone: options.onlyIfNone ?? false,
  idempotency: options.idempotency ?? null,
});

const revokeKey = (project: Project, keyId: string): RevokeKeyCommand => ({
  kind: 'revokeKey',
  project: project.name,
  keyId,
  idempotency: null,
});

onEachStore('API keys', (session) => {
  // This is the first test, while there are no keys yet.
  it('can have a first key created, once and only while there is none', async () => {
    const project = session().project();
    const [first, second] = await project.group(
      createKey(project, { keyId: 'a-first', onlyIfNone: true }),
      createKey(project, { keyId: 'a-second', onlyIfNone: true }),
    );
    expect(first).toMatchObject({ ok: true, key: { keyId: 'a-first' } });
    expect(second).toMatchObject({ ok: true, key: null });
    await project.run(revokeKey(project, 'a-first'));
    const third = await project.run(createKey(project, { keyId: 'a-third', onlyIfNone: true }));
    expect(third.key).toBeNull();
  });

  it('are found by the hash of their secret, which no other read shows', async () => {
    const project = session().project();
    const nowMs = session().clock.nowMs();
    const expiresAtMs = nowMs + 1_000;
    const outcome = await project.run(createKey(project, { keyId: 'b', expiresAtMs }));
    const shown = {
      keyId: 'b',
      name: 'name of b',
      project: project.name,
      scopes: ['publish', 'read'],
      createdAtMs: nowMs,
      expiresAtMs,
      revokedAtMs: null,
      lastUsedAtMs: null,
    };
    expect(outcome.key).toEqual(shown);
    const { store } = session();
    const secretHashes = ['hash of nobody', 'hash of b', 'hash of \0'];
    const found = await store.read({ kind: 'findKeys', secretHashes });
    expect(found).toEqual([{ ...shown, secretHash: 'hash of b' }]);
    const listed = await store.read({ kind: 'listKeys', after: 'a-third', limit: 1 });
    expect(listed).toEqual([shown]);
  });

  it('are listed by id, in pages', async () => {
    const project = session().project();
    for (const keyId of ['c3', 'c1', 'c2']) await project.run(createKey(project, { keyId }));
    const page = await session().store.read({ kind: 'listKeys', after: 'c', limit: 2 });
    expect(page.map(({ keyId }) => keyId)).toEqual(['c1', 'c2']);
    const rest = await session().store.read({ kind: 'listKeys', after: 'c2', limit: 1 });
    expect(rest.map(({ keyId }) => keyId)).toEqual(['c3']);
  });

  it('keep the time of their first revocation', async () => {
    const project = session().project();
    await project.run(createKey(project, { keyId: 'd' }));
    session().clock.advance(1_000);
    const revokedAtMs = session().clock.nowMs();
    expect(await project.run(revokeKey(project, 'd'))).toMatchObject({ keyId: 'd' });
    session().clock.advance(1_000);
    await project.run(revokeKey(project, 'd'));
    const found = await session().store.read({ kind: 'findKeys', secretHashes: ['hash of d'] });
    expect(found[0]?.revokedAtMs).toBe(revokedAtMs);
    expect(await project.refused(revokeKey(project, 'nobody'))).toBe('KEY_NOT_FOUND');
  });

  it('keep the time of their latest use, which never goes back', async () => {
    const project = session().project();
    for (const keyId of ['u1', 'u2', 'u3']) await project.run(createKey(project, { keyId }));
    const use = (keyId: string, atMs: number) => ({ keyId, atMs });
    const uses = [use('u1', 60_000), use('u2', 120_000), use('nobody', 60_000)];
    const first = await project.run({ kind: 'recordKeyUse', uses });
    expect(first.recorded).toBe(2);
    const later = [use('u1', 180_000), use('u2', 60_000)];
    expect((await project.run({ kind: 'recordKeyUse', uses: later })).recorded).toBe(1);
    const listed = await session().store.read({ kind: 'listKeys', after: 'u', limit: 3 });
    const used = listed.map(({ lastUsedAtMs }) => lastUsedAtMs);
    expect(used).toEqual([180_000, 120_000, null]);
  });

  it('replay their creation with the secret sealed as before', async () => {
    const project = session().project();
    const idempotency: Idempotency = {
      capability: 'account.keys.create',
      key: 'k',
      fingerprint: 'f',
      windowMs: 1_000,
    };
    const first = await project.run(createKey(project, { keyId: 'e1', idempotency }));
    const again = await project.run(createKey(project, { keyId: 'e2', idempotency }));
    expect(again).toEqual({ ...first, replayed: true });
    expect(again.sealedSecret).toBe('sealed for e1');
    const found = await session().store.read({ kind: 'findKeys', secretHashes: ['hash of e2'] });
    expect(found).toEqual([]);
  });
});
