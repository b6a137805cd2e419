import type { LeasedMessage } from '../../core/commands/commands.js';
import type { Reservation } from '../../core/engine/byte-budget.js';
import { answerBytes } from '../../core/store/answer-size.js';

/** What a push takes in addition to its message: a request, and perhaps a connection. */
export const PUSH_LEAST_BYTES = 8 * 1024;

/** The bytes that a subscription's leased messages take, each until it is settled or sent back. */
export class PushRooms {
  private readonly byMessage = new WeakMap<LeasedMessage, { room: Reservation; bytes: number }>();

  /** Divides the bytes that a lease has reserved among its messages. */
  divide(room: Reservation, messages: readonly LeasedMessage[]): void {
    let taken = 0;
    for (const message of messages) {
      const share = Math.min(room.bytes - taken, Math.max(PUSH_LEAST_BYTES, bytesOf(message)));
      taken += share;
      this.byMessage.set(message, { room, bytes: share });
    }
    room.shrinkTo(taken);
  }

  release(message: LeasedMessage): void {
    const held = this.byMessage.get(message);
    this.byMessage.delete(message);
    held?.room.giveBack(held.bytes);
  }
}

const bytesOf = (message: LeasedMessage): number =>
  answerBytes(message.payload.length + (message.headers?.length ?? 0), message);
