import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import type { AuditEntry } from '../commands/audit-entry.js';
import type { Command, RecordAuditCommand } from '../commands/commands.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import { refuse } from '../refusal.js';
import { AuditTrail, type RefusedRequest } from './audit-trail.js';

function useTrail() {
  const clock = new FakeClock();
  const commands: RecordAuditCommand[] = [];
  const lines: AuditEntry[] = [];
  let away = false;
  const commit = {
    submit: async (command: Command) => {
      if (away) return refuse('STORE_UNAVAILABLE', 'away');
      commands.push(command as RecordAuditCommand);
      return { ok: true, replayed: false, more: false };
    },
  } as unknown as GroupCommit;
  return {
    clock,
    commands,
    lines,
    trail: new AuditTrail(commit, clock, (entry) => lines.push(entry)),
    written: () => commands.flatMap(({ auditEntries }) => auditEntries),
    goAway: (isAway: boolean) => {
      away = isAway;
    },
  };
}

let requests = 0;
function refusal(more: Partial<RefusedRequest> = {}): RefusedRequest {
  requests += 1;
  return {
    action: 'queue.delete',
    code: 'SCOPE_MISSING',
    keyId: 'k',
    project: 'p',
    target: 'orders',
    address: '192.0.2.1',
    requestId: `request-${requests}`,
    ...more,
  };
}

it('the audit trail counts equal refusals of a minute in one entry, and logs each of them', async () => {
  const { clock, lines, trail, written } = useTrail();
  const first = refusal();
  trail.refused(first);
  trail.refused(refusal());
  await trail.flush();
  expect(written()).toEqual([{ ...first, atMs: clock.nowMs(), refused: true, count: 2 }]);
  clock.advance(59_000);
  trail.refused(refusal());
  await trail.flush();
  expect(written()[1]).toMatchObject({ requestId: first.requestId, count: 3 });
  expect(lines).toHaveLength(3);
  clock.advance(1_000);
  const later = refusal();
  trail.refused(later);
  await trail.flush();
  expect(written()[2]).toMatchObject({ requestId: later.requestId, count: 1 });
  expect(lines).toHaveLength(4);
});

it.each<Partial<RefusedRequest>>([
  { action: 'queue.purge' },
  { code: 'UNAUTHENTICATED' },
  { keyId: null },
  { address: '192.0.2.2' },
])('the audit trail makes separate entries for refusals that differ in %j', async (more) => {
  const { trail, written } = useTrail();
  trail.refused(refusal());
  trail.refused(refusal(more));
  await trail.flush();
  expect(written().map(({ count }) => count)).toEqual([1, 1]);
});

it('the audit trail writes on a timer, and only when there are entries', () => {
  const { clock, commands, trail } = useTrail();
  clock.advance(60_000);
  expect(commands).toEqual([]);
  trail.refused(refusal());
  clock.advance(5_000);
  expect(commands).toHaveLength(1);
  clock.advance(60_000);
  expect(commands).toHaveLength(1);
});

it('the audit trail keeps the newest refusals of a flood, and writes them in small batches', async () => {
  const { commands, trail, written } = useTrail();
  for (let n = 0; n < 50_000; n += 1) trail.refused(refusal({ address: `address ${n}` }));
  await trail.flush();
  expect(written().length).toBeGreaterThanOrEqual(2_000);
  expect(written().length).toBeLessThanOrEqual(4_000);
  expect(written().at(-1)?.address).toBe('address 49999');
  const sizes = commands.map(({ auditEntries }) => auditEntries.length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
});

it('the audit trail keeps its entries while the store is away', async () => {
  const { clock, trail, written, goAway } = useTrail();
  goAway(true);
  trail.refused(refusal());
  await trail.flush();
  goAway(false);
  clock.advance(5_000);
  expect(written()).toHaveLength(1);
});
