import type { Pipeline } from '../driver/pipeline.js';

/**
 * Draws the next seq in the order of the queues, as SQL. A transaction gets its id before it draws a
 * seq. So everything below a drawn seq is visible once no transaction whose id was assigned until then
 * is under way (`settled-seqs.ts`). By itself, `nextval` assigns an id only every 32 seqs.
 */
export const NEXT_SEQ = `CASE WHEN pg_current_xact_id() > '0'::xid8
  THEN nextval('millrace.message_places') END`;

/** Above all drawn seqs; used for a message's seq between a decision and the sending of its change. */
const PROVISIONAL_FROM = 2 ** 52;

/** The provisional seqs of one transaction, in the order of its decisions. */
export class ProvisionalSeqs {
  private last = PROVISIONAL_FROM;

  next(): number {
    this.last += 1;
    return this.last;
  }
}

/** Draws seqs. @returns them in order */
export async function drawSeqs(pipeline: Pipeline, count: number): Promise<number[]> {
  if (count === 0) return [];
  const rows = await pipeline.query<{ seq: number }>(
    `SELECT ${NEXT_SEQ} AS seq FROM generate_series(1, $1::integer)`,
    [count],
  );
  return rows.map(({ seq }) => seq);
}
