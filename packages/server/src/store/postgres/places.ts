import type { Pipeline } from './pipeline.js';

/**
 * The next place in the queues' order, as SQL. A transaction is numbered before it draws one: so what
 * is below a place that was drawn is there, once no transaction numbered until then is under way
 * (`settled-places.ts`). By itself `nextval` numbers it every 32 places only.
 */
export const NEXT_PLACE = `CASE WHEN pg_current_xact_id() > '0'::xid8
  THEN nextval('millrace.message_places') END`;

/** Above all places that are drawn: what a message has from the decision until its change is sent. */
const PROVISIONAL_FROM = 2 ** 52;

/** Provisional places of one transaction, in the order of the decisions. */
export class ProvisionalPlaces {
  private last = PROVISIONAL_FROM;

  next(): number {
    this.last += 1;
    return this.last;
  }
}

/** Draws places. @returns them in their order */
export async function drawPlaces(pipeline: Pipeline, count: number): Promise<number[]> {
  if (count === 0) return [];
  const rows = await pipeline.query<{ seq: number }>(
    `SELECT ${NEXT_PLACE} AS seq FROM generate_series(1, $1::integer)`,
    [count],
  );
  return rows.map(({ seq }) => seq);
}
