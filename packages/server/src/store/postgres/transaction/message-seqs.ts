import type { Pipeline } from '../driver/pipeline.js';

/**
 * The next seq in the queues' order, as SQL. A transaction is numbered before it draws one: so what
 * is below a seq that was drawn is there, once no transaction numbered until then is under way
 * (`settled-seqs.ts`). By itself `nextval` numbers it every 32 seqs only.
 */
export const NEXT_SEQ = `CASE WHEN pg_current_xact_id() > '0'::xid8
  THEN nextval('millrace.message_places') END`;

/** Above all seqs that are drawn: what a message has from the decision until its change is sent. */
const PROVISIONAL_FROM = 2 ** 52;

/** Provisional seqs of one transaction, in the order of the decisions. */
export class ProvisionalSeqs {
  private last = PROVISIONAL_FROM;

  next(): number {
    this.last += 1;
    return this.last;
  }
}

/** Draws seqs. @returns them in their order */
export async function drawSeqs(pipeline: Pipeline, count: number): Promise<number[]> {
  if (count === 0) return [];
  const rows = await pipeline.query<{ seq: number }>(
    `SELECT ${NEXT_SEQ} AS seq FROM generate_series(1, $1::integer)`,
    [count],
  );
  return rows.map(({ seq }) => seq);
}
