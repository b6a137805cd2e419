import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textArray } from '#server/store/postgres/driver/parameters';
import { Pipeline } from '#server/store/postgres/driver/pipeline';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../../harness/stores.js';
import { connectAdmin } from '../postgres-nodes.js';

const TEXTS = ['', 'a', '"', '\\', '\\"', '{}', ',', 'NULL', 'null', ' x ', 'ü€😀', '\n\t', "'"];

describe.each([true, false])('a pipeline that prepares its statements: %s', (prepares) => {
  let fixture: StoreFixture;
  let client: pg.Client;

  beforeAll(async () => {
    const factory = STORE_FACTORIES.find(({ name }) => name === 'postgres') as StoreFactory;
    fixture = await factory.create();
    client = await connectAdmin(fixture.url);
  });
  afterAll(async () => {
    await client.end();
    await fixture.remove();
  });
  const pipeline = () => new Pipeline(client, prepares);

  it('sends parameters and returns the same values', async () => {
    const values = [7, 2 ** 53 - 1, true, null, 'x"y', TEXTS, [1, null, 3], []] as const;
    const rows = await pipeline().query(
      `SELECT $1::int AS a, $2::bigint AS b, $3::boolean AS c, $4::text AS d, $5::text AS e,
         $6::text[] AS f, $7::bigint[]::int[] AS g, $8::text[] AS h`,
      values,
    );
    expect(rows).toEqual([
      { a: 7, b: 2 ** 53 - 1, c: true, d: null, e: 'x"y', f: TEXTS, g: [1, null, 3], h: [] },
    ]);
  });

  it('sends arrays of texts in binary', async () => {
    const texts = [...TEXTS, null, 'long '.repeat(50_000)];
    const rows = await pipeline().query<{ text: string | null }>(
      'SELECT text FROM unnest($1::text[]) WITH ORDINALITY AS u(text, place) ORDER BY place',
      [textArray(texts)],
    );
    expect(rows.map(({ text }) => text)).toEqual(texts);
    expect(await pipeline().query('SELECT $1::text[] AS none', [textArray([])])).toEqual([
      { none: [] },
    ]);
  });

  it('returns to each statement its own rows, repeatedly', async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      const sent = pipeline();
      const answers = [
        sent.query('SELECT i AS a FROM generate_series(1, $1::int) AS i', [2 + turn]),
        sent.query('SELECT 1 AS b WHERE false'),
        sent.query('SELECT i AS a FROM generate_series(1, $1::int) AS i', [1]),
      ];
      sent.send('SET statement_timeout = 0');
      await sent.settled();
      expect((await Promise.all(answers)).map(({ length }) => length)).toEqual([2 + turn, 0, 1]);
    }
  });

  it('fails every statement after a failed one, but none in a later pipeline', async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      const sent = pipeline();
      const before = sent.query('SELECT 1 AS a');
      const failing = sent.query('SELECT 1 / $1::int AS a', [0]);
      const behind = sent.query(`SELECT ${turn} AS behind`);
      await expect(sent.settled()).rejects.toMatchObject({ code: '22012' });
      expect(await before).toEqual([{ a: 1 }]);
      await expect(failing).rejects.toMatchObject({ code: '22012' });
      await expect(behind).rejects.toMatchObject({ code: '22012' });
      await expect(sent.query('SELECT 1')).rejects.toMatchObject({ code: '22012' });
    }
    // A statement that was not prepared, or only just, works when it is sent again.
    expect(await pipeline().query('SELECT 0 AS behind')).toEqual([{ behind: 0 }]);
    expect(await pipeline().query('SELECT 1 / $1::int AS a', [1])).toEqual([{ a: 1 }]);
  });

  it('sends nothing more after its caller has failed it', async () => {
    await client.query('CREATE TABLE IF NOT EXISTS millrace_pipeline_test (n int)');
    const sent = pipeline();
    const underWay = sent.query('SELECT pg_sleep(0.05)');
    await new Promise((resolve) => setImmediate(resolve));
    const gathered = sent.query('INSERT INTO millrace_pipeline_test VALUES (1)');
    sent.fail(new TypeError('a fault'));
    await client.query('ROLLBACK');
    await underWay;
    await expect(gathered).rejects.toThrow('a fault');
    expect(await pipeline().query('SELECT * FROM millrace_pipeline_test')).toEqual([]);
  });

  it('fails a statement that does not parse', async () => {
    await expect(pipeline().query('SELEC 1')).rejects.toMatchObject({ code: '42601' });
    expect(await pipeline().query('SELECT 2 AS a')).toEqual([{ a: 2 }]);
  });
});
