import { once } from 'node:events';
import type { Socket } from 'node:net';
import { openSocket, requestHead } from './raw-http.js';

/**
 * A call on its own bare socket, which the server has begun to read before any of its body is sent:
 * later events on the server then happen with this call under way.
 */
export class CallUnderWay {
  private constructor(
    private readonly socket: Socket,
    private readonly ended: Promise<string>,
  ) {}

  static async begin(url: string, path: string, key: string, bodyBytes: number) {
    const socket = openSocket(url);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => socket.end());
    // A reset shows as missing parts of the answer.
    socket.on('error', () => undefined);
    const ended = once(socket, 'close').then(() => text.slice(text.indexOf('\r\n\r\n') + 4));
    socket.write(
      requestHead('POST', path, {
        Connection: 'keep-alive',
        Authorization: `Bearer ${key}`,
        'Content-Length': bodyBytes,
        Expect: '100-continue',
      }),
    );
    await Promise.race([once(socket, 'data'), ended]);
    if (!text.startsWith('HTTP/1.1 100 ')) throw new Error(`the call did not begin: ${text}`);
    return new CallUnderWay(socket, ended);
  }

  send(partOfBody: string): void {
    this.socket.write(partOfBody);
  }

  /** Everything received until the server closed the connection, including the head of the answer. */
  answer(): Promise<string> {
    return this.ended;
  }

  drop(): void {
    this.socket.destroy();
  }
}
