import { openApiDocument } from '@millrace/protocol/openapi';
import { jsonLine } from '../answers/json-line.js';
import { protocolTexts } from './protocol-texts.js';

/** Stands for the address of the server, and occurs in no text. */
const SERVER_URL = 'http://server.invalid';

/**
 * The OpenAPI document as JSON, in the pieces between which the address of the server belongs. It differs
 * by request, and all requests share the pieces, so that many clients that ask and do not read take no
 * more memory.
 */
export class OpenApiText {
  private readonly pieces: readonly Buffer[];

  /** @param protocol the text of PROTOCOL.md */
  constructor(protocol: string) {
    const document = openApiDocument(SERVER_URL, protocolTexts(protocol, SERVER_URL));
    this.pieces = jsonLine(document)
      .split(SERVER_URL)
      .map((piece) => Buffer.from(piece));
  }

  /** @param serverUrl without characters that JSON would escape */
  for(serverUrl: string): { chunks: Buffer[]; lengthBytes: number } {
    const url = Buffer.from(serverUrl);
    const chunks = this.pieces.flatMap((piece, n) => (n === 0 ? [piece] : [url, piece]));
    const lengthBytes = chunks.reduce((sum, { length }) => sum + length, 0);
    return { chunks, lengthBytes };
  }
}
