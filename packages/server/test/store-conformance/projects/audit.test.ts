import { expect, it } from 'vitest';
import type { AuditEntry, AuditPosition, AuditSource } from '#server/core/commands/audit-entry';
import type { Command } from '#server/core/commands/commands';
import type { Idempotency } from '#server/core/commands/queue-command';
import { onEachStore, type Project, type StoreSession } from '../store-session.js';

const DONE_KEPT = 10_000;
const REFUSED_KEPT = 2_000;

let requests = 0;
const nextRequestId = (): string => {
  requests += 1;
  return `00000000-0000-7000-8000-${String(requests).padStart(12, '0')}`;
};
const from = (): AuditSource => ({
  keyId: 'key-1',
  address: '192.0.2.1',
  requestId: nextRequestId(),
});
const refusal = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  requestId: nextRequestId(),
  atMs: 1_000,
  action: 'queue.delete',
  refused: true,
  code: 'UNAUTHENTICATED',
  keyId: null,
  project: null,
  target: null,
  address: '192.0.2.1',
  count: 1,
  ...more,
});

onEachStore('the audit log', (session) => {
  const read = (limit = 100_000, before: AuditPosition | null = null) =>
    session().store.read({ kind: 'audit', before, limit });
  const ofProject = async ({ name }: Project): Promise<AuditEntry[]> =>
    (await read()).filter(({ project }) => project === name).reverse();
  const audited = <C extends Command>(command: C): C => ({ ...command, audit: from() });

  const subscribe = (project: Project, queue: string, subscriptionId: string): Command => ({
    kind: 'subscribePush',
    autoCreate: false,
    project: project.name,
    queue,
    idempotency: null,
    subscriptionId,
    settings: { url: 'https://receiver.example/', urlDigest: null },
    forms: { plainUrl: 'https://receiver.example/', urlDigests: [], secretDigests: [] },
  });
  const onSubscription = (
    project: Project,
    queue: string,
    subscriptionId: string,
    command: { kind: 'pausePush'; reason: 'requested' | null } | { kind: 'unsubscribePush' },
  ): Command => ({ project: project.name, queue, idempotency: null, subscriptionId, ...command });
  const createKey = (project: Project, keyId: string): Command => ({
    kind: 'createKey',
    project: project.name,
    key: {
      keyId,
      name: null,
      project: 'another',
      scopes: ['read'],
      secretHash: `hash of ${keyId}`,
      expiresAtMs: null,
    },
    sealedSecret: null,
    onlyIfNone: false,
    idempotency: null,
  });
  const revokeKey = (project: Project, keyId: string): Command => ({
    kind: 'revokeKey',
    project: project.name,
    keyId,
    idempotency: null,
  });

  it('records each command of administration, with its caller and its target', async () => {
    const project = session().project();
    const [queue, id, key] = ['orders', 's-1', `key of ${project.name}`];
    const commands: [Command, string, string][] = [
      [project.createQueue(queue), 'queue.create', queue],
      [project.updateQueue(queue, { maxRetries: 9 }), 'queue.update', queue],
      [subscribe(project, queue, id), 'queue.push_subscribe', id],
      [
        onSubscription(project, queue, id, { kind: 'pausePush', reason: 'requested' }),
        'queue.push_pause',
        id,
      ],
      [
        onSubscription(project, queue, id, { kind: 'pausePush', reason: null }),
        'queue.push_resume',
        id,
      ],
      [
        onSubscription(project, queue, id, { kind: 'unsubscribePush' }),
        'queue.push_unsubscribe',
        id,
      ],
      [project.redrive(queue), 'queue.dlq.redrive', queue],
      [project.purgeDead(queue), 'queue.dlq.purge', queue],
      [project.purgeQueue(queue), 'queue.purge', queue],
      [project.deleteQueue(queue), 'queue.delete', queue],
      [createKey(project, key), 'account.keys.create', key],
      [revokeKey(project, key), 'account.keys.revoke', key],
    ];
    const expected: AuditEntry[] = [];
    for (const [command, action, target] of commands) {
      session().clock.advance(1);
      const audit = from();
      const outcome = await project.run({ ...command, audit } as Command);
      const entry = {
        ...audit,
        atMs: session().clock.nowMs(),
        action: action as AuditEntry['action'],
        refused: false,
        code: null,
        project: project.name,
        target,
        count: 1,
      };
      expect(outcome.audited, action).toEqual(entry);
      expected.push(entry);
    }
    expect(await ofProject(project)).toEqual(expected);
  });

  it('records nothing for a command that was refused, changed nothing, or had no caller', async () => {
    const project = session().project();
    await project.create('q');
    session().clock.advance(1);
    await project.run(audited(project.createQueue('q')));
    await project.run(audited(project.updateQueue('q', {})));
    await project.run(audited(project.deleteQueue('nowhere')));
    await project.run(audited(onSubscription(project, 'q', 'nobody', { kind: 'unsubscribePush' })));
    await project.refused(audited(project.createQueue('q', { maxRetries: 1 })));
    await project.refused(audited(project.purgeQueue('nowhere')));
    await project.refused(
      audited(onSubscription(project, 'q', 'nobody', { kind: 'pausePush', reason: null })),
    );
    await project.refused(audited(revokeKey(project, 'nobody')));
    await project.run(project.purgeQueue('q'));
    expect(await ofProject(project)).toEqual([]);
  });

  it('records a command once when it is replayed under its idempotency key', async () => {
    const project = session().project();
    const idempotency: Idempotency = {
      capability: 'queue.create',
      key: 'k',
      fingerprint: 'f',
      windowMs: 1_000,
    };
    const command = project.createQueue('q', {}, { idempotency });
    const first = await project.run(audited(command));
    const again = await project.run(audited(command));
    expect(again).toMatchObject({ replayed: true });
    expect(again.audited).toBeUndefined();
    expect(await ofProject(project)).toEqual([first.audited]);
  });

  it('is read in pages, newest first, with done and refused commands together', async () => {
    const project = session().project();
    const atMs = session().clock.nowMs();
    for (const queue of ['a', 'b', 'c']) await project.run(audited(project.createQueue(queue)));
    const refused = [1, 2, 3].map((n) => refusal({ atMs: atMs + n, project: project.name }));
    await project.run({ kind: 'recordAudit', auditEntries: refused });
    const seen: AuditEntry[] = [];
    let before: AuditPosition | null = null;
    for (;;) {
      const page: readonly AuditEntry[] = await read(2, before);
      seen.push(...page);
      if (page.length < 2) break;
      before = page[1] as AuditPosition;
    }
    expect(seen).toEqual(await read());
    const mine = seen.filter((entry) => entry.project === project.name);
    expect(mine.map(({ atMs: at }) => at - atMs)).toEqual([3, 2, 1, 0, 0, 0]);
    expect(mine.slice(0, 3)).toEqual(refused.reverse());
  });

  it('updates the count of a refusal that it already has', async () => {
    const project = session().project();
    const entry = refusal({ project: project.name });
    await project.run({ kind: 'recordAudit', auditEntries: [entry] });
    await project.run({ kind: 'recordAudit', auditEntries: [{ ...entry, count: 7 }] });
    expect(await ofProject(project)).toEqual([{ ...entry, count: 7 }]);
  });

  it('keeps the newest entries of done commands and of refusals, with a bound for each', async () => {
    const project = session().project();
    // Later than everything that the other tests have written.
    const fromMs = session().clock.nowMs() + 1_000;
    const entries = (count: number, refused: boolean): AuditEntry[] =>
      Array.from({ length: count }, (_, n) =>
        refusal({ atMs: fromMs + n, refused, project: project.name }),
      );
    await addAll(session(), project, entries(DONE_KEPT + 250, false));
    await addAll(session(), project, entries(REFUSED_KEPT + 1_000, true));
    const kept = await ofProject(project);
    const done = kept.filter(({ refused }) => !refused);
    const refused = kept.filter((entry) => entry.refused);
    expect([done.length, refused.length]).toEqual([DONE_KEPT, REFUSED_KEPT]);
    expect([done[0]?.atMs, refused[0]?.atMs]).toEqual([fromMs + 250, fromMs + 1_000]);
  });
});

async function addAll(
  session: StoreSession,
  project: Project,
  entries: readonly AuditEntry[],
): Promise<void> {
  for (let at = 0; at < entries.length; at += 1_000) {
    const auditEntries = entries.slice(at, at + 1_000);
    let { more } = await project.run({ kind: 'recordAudit', auditEntries });
    while (more) {
      // A few entries are removed with each call.
      const before = await session.store.read({ kind: 'audit', before: null, limit: 100_000 });
      ({ more } = await project.run({ kind: 'recordAudit', auditEntries: [] }));
      const after = await session.store.read({ kind: 'audit', before: null, limit: 100_000 });
      expect(before.length - after.length).toBeLessThanOrEqual(400);
    }
  }
}
