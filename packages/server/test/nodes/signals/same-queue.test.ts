import { expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { FakeClock } from '../../harness/fake-clock.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';

it.each(['purgeQueue', 'deleteQueue'] as const)(
  '%s on two nodes at once is refused on neither',
  async (what) => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres');
    const fixture = await (factory as (typeof STORE_FACTORIES)[number]).create();
    const [one, other] = [await fixture.open(), await fixture.open()];
    const make = new CommandBuilder('p', createIdSource(new FakeClock()));
    const refused: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      await one.apply([make.createQueue(`q${n}`), make.publish(`q${n}`, ['1'])]);
      const outcomes = await Promise.all(
        [one, other].map((store) => store.apply([make[what](`q${n}`)])),
      );
      refused.push(...outcomes.flat().flatMap((outcome) => (outcome.ok ? [] : [outcome.code])));
    }
    await Promise.all([one.stop(), other.stop()]);
    await fixture.remove();
    // A purge may find the queue already purged, and a delete may find it deleted.
    expect(refused).toEqual([]);
  },
  60_000,
);
