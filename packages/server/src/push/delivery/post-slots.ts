/**
 * The messages of one subscription that are being posted on this node. A subscription that is paused and
 * resumed gets a new worker, while the old one still waits for its posts: they share the slots.
 */
export class PostSlots {
  taken = 0;
  /** Called when a slot has become free; set by the newest worker. */
  whenFree: () => void = () => undefined;
}
