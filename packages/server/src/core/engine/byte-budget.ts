import { setSystemTimer } from '../clock.js';
import { FairQueue } from './fairness/fair-queue.js';

/** What bytes are reserved for. */
export type ReservedFor = 'body' | 'answer' | 'push';

/** Up to this size a call is small: it may use the room that is kept for such calls. */
export const SMALL_CALL_BYTES = 16 * 1024;
/** The part of a budget that only small calls may use. */
const KEPT_FOR_SMALL_CALLS = 1 / 8;
/** The part of its project's remaining room that an answer may take: answers shrink as the room fills. */
const ANSWER_SHARE = 1 / 4;
/**
 * The part of the room that is not shared out to answers. Consumes take bytes on suspicion, because
 * they do not know what they will find; bodies that have arrived must not be refused for that.
 */
const KEPT_FOR_BODIES = 1 / 16;
/** How long a call waits for room before it is refused. */
const ROOM_WITHIN_MS = 1_000;
/** Per project. */
const WAITING_MAX = 1_000;

/**
 * Bounds the bytes in memory for calls and pushes. Code that is about to allocate them takes them from
 * the budget first, and gives them back once they are freed.
 *
 * A project may hold at most as many bytes as it leaves free. So one project alone gets half of the room,
 * two get a third each, and there is always room for another project, whatever the others do. These are
 * the dynamic thresholds of Choudhury and Hahne (1998), https://doi.org/10.1109/90.664262.
 */
export class ByteBudget {
  private readonly room: Room;
  private readonly roomForSmall: Room;
  private readonly reserved: Record<ReservedFor, number> = { body: 0, answer: 0, push: 0 };
  private readonly waiting = new FairQueue<Waiting>();
  private refused = 0;

  constructor(readonly maxBytes: number) {
    const forSmall = Math.floor(maxBytes * KEPT_FOR_SMALL_CALLS);
    this.room = new Room(maxBytes - forSmall);
    this.roomForSmall = new Room(forSmall);
  }

  open(project: string, reservedFor: ReservedFor): Reservation {
    return new Reservation(this, project, reservedFor);
  }

  reservedBytes(reservedFor: ReservedFor): number {
    return this.reserved[reservedFor];
  }

  /** How often there was no room. */
  get refusals(): number {
    return this.refused;
  }

  /** For `Reservation` only. @returns whether the bytes are taken, and from where */
  take({ project, reservedFor, bytes: held }: Reservation, bytes: number): Taken {
    let taken: Taken = 'none';
    if (this.room.take(project, bytes)) taken = 'room';
    else if (held + bytes <= SMALL_CALL_BYTES && this.roomForSmall.take(project, bytes)) {
      taken = 'room for small calls';
    }
    if (taken === 'none') this.refused += 1;
    else this.reserved[reservedFor] += bytes;
    return taken;
  }

  /** For `Reservation` only. */
  give({ project, reservedFor }: Reservation, bytes: number, bytesForSmall: number): void {
    if (bytes > 0) this.room.give(project, bytes);
    if (bytesForSmall > 0) this.roomForSmall.give(project, bytesForSmall);
    this.reserved[reservedFor] -= bytes + bytesForSmall;
    if (this.waiting.size > 0) this.serveWaiting();
  }

  /** How much one answer of a project may take of the room that the project has left. */
  answerShareBytes(project: string): number {
    const kept = this.room.maxBytes * KEPT_FOR_BODIES;
    return Math.max(0, Math.floor((this.room.leftBytes(project) - kept) * ANSWER_SHARE));
  }

  /** Resolves true when the reservation has got the bytes, false if that takes too long. */
  wait(reservation: Reservation, bytes: number, withinMs: number): Promise<boolean> {
    const { project } = reservation;
    // A project can never have this many, so waiting would not help.
    if (bytes > this.room.maxBytes / 2) return Promise.resolve(false);
    if (this.waiting.sizeOf(project) >= WAITING_MAX) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (got: boolean): void => {
        waiting.over = true;
        cancel();
        resolve(got);
      };
      const waiting: Waiting = { reservation, bytes, end, over: false };
      const cancel = setSystemTimer(() => end(false), withinMs);
      this.waiting.push(project, waiting);
    });
  }

  /** Serves projects in turn while there is room; an item that finds none stays first in its project. */
  private serveWaiting(): void {
    let skipped = 0;
    while (skipped < this.waiting.projects) {
      const { reservation, bytes, end, over } = this.waiting.peek() as Waiting;
      if (over) {
        this.waiting.shift();
      } else if (reservation.take(bytes)) {
        this.waiting.shift();
        end(true);
      } else {
        this.waiting.skip();
        skipped += 1;
      }
    }
  }
}

type Taken = 'room' | 'room for small calls' | 'none';

interface Waiting {
  readonly reservation: Reservation;
  readonly bytes: number;
  readonly end: (got: boolean) => void;
  over: boolean;
}

class Room {
  private used = 0;
  private readonly usedBy = new Map<string, number>();

  constructor(readonly maxBytes: number) {}

  take(project: string, bytes: number): boolean {
    const used = this.usedBy.get(project) ?? 0;
    if (used + bytes > this.maxBytes - this.used - bytes) return false;
    this.usedBy.set(project, used + bytes);
    this.used += bytes;
    return true;
  }

  give(project: string, bytes: number): void {
    const left = (this.usedBy.get(project) ?? 0) - bytes;
    if (left > 0) this.usedBy.set(project, left);
    else this.usedBy.delete(project);
    this.used -= bytes;
  }

  leftBytes(project: string): number {
    const used = this.usedBy.get(project) ?? 0;
    return Math.max(0, Math.floor((this.maxBytes - this.used - used) / 2));
  }
}

/** The bytes that one call or one push has reserved. */
export class Reservation {
  private fromRoom = 0;
  private fromRoomForSmall = 0;

  constructor(
    private readonly budget: ByteBudget,
    readonly project: string,
    readonly reservedFor: ReservedFor,
  ) {}

  get bytes(): number {
    return this.fromRoom + this.fromRoomForSmall;
  }

  /** Takes this many more bytes. False, and nothing taken, when there is no room for them. */
  take(bytes: number): boolean {
    const taken = this.budget.take(this, bytes);
    if (taken === 'room') this.fromRoom += bytes;
    else if (taken === 'room for small calls') this.fromRoomForSmall += bytes;
    return taken !== 'none';
  }

  /** Takes this many more bytes, and waits a moment for them if need be. */
  async takeSoon(bytes: number, withinMs = ROOM_WITHIN_MS): Promise<boolean> {
    return this.take(bytes) || this.budget.wait(this, bytes, withinMs);
  }

  /**
   * Takes as much of `wanted` as an answer may have now, but at least `least`. False, and nothing taken,
   * when there is no room even for that.
   */
  takeShareNow(wanted: number, least: number): boolean {
    const share = Math.min(wanted, this.budget.answerShareBytes(this.project));
    return (share > least && this.take(share)) || this.take(least);
  }

  /** Gives back all bytes beyond this number. */
  shrinkTo(bytes: number): void {
    if (bytes < this.bytes) this.giveBack(this.bytes - bytes);
  }

  /** @param bytes at most as many as it has reserved */
  giveBack(bytes: number): void {
    if (bytes === 0) return;
    const forSmall = Math.min(bytes, this.fromRoomForSmall);
    this.fromRoomForSmall -= forSmall;
    this.fromRoom -= bytes - forSmall;
    this.budget.give(this, bytes - forSmall, forSmall);
  }

  /** Gives all bytes back; may be called more than once. */
  release(): void {
    this.giveBack(this.bytes);
  }
}
