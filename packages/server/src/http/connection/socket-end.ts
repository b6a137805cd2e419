import type { Socket } from 'node:net';
import { setSystemTimer } from '../../core/clock.js';

/** How long the other side has to read the answer and to close. */
const LINGER_MS = 1_000;

/**
 * Answers on a bare socket that no other code manages, and closes it soon. Whatever the other side
 * does, the socket neither throws nor stays open.
 */
export function endSocket(socket: Socket, answer: string): void {
  socket.on('error', () => undefined);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // Drop what still arrives: closing a socket with unread bytes would lose the answer.
  socket.resume();
  socket.end(answer);
  const cancel = setSystemTimer(() => socket.destroy(), LINGER_MS);
  socket.once('close', cancel);
}
