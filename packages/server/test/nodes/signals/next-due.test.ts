import { describe, expect, it } from 'vitest';
import type { LeasedMessage } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { HeldCommit } from '../held-commit.js';
import { on, useTwoStores } from '../two-stores.js';

describe('the time at which the next lease ends', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  const stores = useTwoStores();

  it('is not lost to a commit group that looked before the lease began and commits after it', async () => {
    const { one, admin } = stores;
    let nextDueMs: number | null | undefined;
    one.listen({
      nextDue: (atMs) => {
        nextDueMs = atMs;
      },
      ready: () => undefined,
      failed: () => undefined,
    });
    await on(one, make.createQueue('first', {}));
    await on(one, make.createQueue('second', {}));
    await on(one, make.publish('first', [{}]));
    await on(one, make.publish('second', [{}]));
    const leased = await on(one, make.consume('first', { maxMessages: 1 }));
    const [message] = leased.ok ? leased.messages : [];
    await on(one, { kind: 'settleDue', limit: 100 });

    const held = await HeldCommit.prepare(admin);
    await held.arm();
    const look = one.apply([
      make.ack('first', message as LeasedMessage),
      { kind: 'settleDue', limit: 100 },
    ]);
    await held.reached();
    const later = await on(one, make.consume('second', { maxMessages: 1 }));
    await held.release();
    await look;

    const [second] = later.ok ? later.messages : [];
    expect(second).toBeDefined();
    expect(nextDueMs).toBe(second?.leaseExpiresAtMs);
  });
});
