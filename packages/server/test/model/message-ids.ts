const COUNTERS_PER_MS = 4_096;
const IDS_MAX = 65_536;
/** Odd, so that stepping by it visits every slot once. */
const STRIDE = 40_503;

/**
 * The nth id of a run, a UUID of version 7. A store gets its ids from outside, and they may be out of
 * order, as these are: no store may order messages by them.
 */
export function messageIdOf(startMs: number, n: number): string {
  const slot = (n * STRIDE) % IDS_MAX;
  const timeMs = startMs + Math.floor(slot / COUNTERS_PER_MS);
  const time = timeMs.toString(16).padStart(12, '0');
  const counter = (0x7000 | (slot % COUNTERS_PER_MS)).toString(16);
  const tail = n.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-${counter}-8000-${tail}`;
}
