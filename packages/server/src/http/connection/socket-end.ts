import type { Socket } from 'node:net';
import { setSystemTimer } from '../../core/clock.js';

/** So long the other side has to read the answer and to close. */
const LINGER_MS = 1_000;

/**
 * Answers on a bare socket, which nothing else looks after, and is done with it soon: whatever the
 * other side does, it neither throws nor stays.
 */
export function endSocket(socket: Socket, answer: string): void {
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // What still comes is dropped: a socket that is closed with bytes unread takes the answer along.
  socket.resume();
  socket.end(answer);
  const cancel = setSystemTimer(() => socket.destroy(), LINGER_MS);
  socket.once('close', cancel);
}
