import {
  CAPABILITIES,
  type DlqListParams,
  LIMITS,
  type MessageParams,
  type PeekParams,
} from '@millrace/protocol';
import { SMALL_CALL_BYTES } from '../../core/engine/byte-budget.js';
import { readWithin } from '../../core/engine/read-within.js';
import { toIso } from '../../core/iso-time.js';
import { messageNotFound, queueNotFound, type Refusal } from '../../core/refusal.js';
import { messagePieces } from '../../core/store/message-text.js';
import type { MessagePage, SeenMessage } from '../../core/store/store.js';
import { type Answer, type Call, listText, type Route } from '../call.js';
import { readCursor, writeCursor } from '../validation/cursor.js';

/** The calls that read messages and change nothing. */

/** The form of a position in a cursor; only the store can tell whether it is one of its own. */
const POSITION = /^[a-z]+ [-0-9a-f ]*$/;

const peekRoute: Route = {
  capability: CAPABILITIES.peek,
  async handle({ params, caller, room }: Call<PeekParams>, { store }) {
    const { queue, state } = params;
    const after = readCursor(params.cursor, POSITION);
    if (typeof after === 'object' && after !== null) return after;
    const limit = params.limit ?? LIMITS.listLimitDefault;
    const page = await readWithin<'peek'>(
      store,
      room,
      { kind: 'peek', project: caller.project, queue, state: state ?? null, after, limit },
      LIMITS.answerMaxBytes,
    );
    return pageAnswer(page, queue, (item) => seenPieces(item, queue));
  },
};

const messageRoute: Route = {
  capability: CAPABILITIES.message,
  async handle({ params, caller, room }: Call<MessageParams>, { store }) {
    const { queue, message_id: messageId } = params;
    const found = await readWithin<'message'>(
      store,
      room,
      { kind: 'message', project: caller.project, queue, messageId },
      SMALL_CALL_BYTES,
    );
    if (!found.queueExists) return queueNotFound(queue);
    if (found.message === null) return messageNotFound(queue, messageId);
    const failures = found.message.failures.map(({ atMs, how, error, keyId }) => ({
      at: toIso(atMs),
      how,
      ...(error === null ? {} : { error }),
      ...(keyId === null ? {} : { key_id: keyId }),
    }));
    const more = `,"failed_deliveries":${JSON.stringify(failures)}`;
    return { ok: true, data: seenPieces(found.message, queue, more), replayed: false };
  },
};

const dlqListRoute: Route = {
  capability: CAPABILITIES.dlqList,
  async handle({ params, caller, room }: Call<DlqListParams>, { store }) {
    const { queue } = params;
    const after = readCursor(params.cursor, POSITION);
    if (typeof after === 'object' && after !== null) return after;
    const limit = params.limit ?? LIMITS.listLimitDefault;
    const page = await readWithin<'deadLetters'>(
      store,
      room,
      { kind: 'deadLetters', project: caller.project, queue, after, limit },
      LIMITS.answerMaxBytes,
    );
    return pageAnswer(page, queue, (item) => messagePieces(item, item.keptIn));
  },
};

function pageAnswer<T>(
  page: MessagePage<T> | null,
  queue: string,
  piecesOf: (item: T) => readonly string[],
): Answer | Refusal {
  if (page === null) return queueNotFound(queue);
  const next = page.next === null ? '' : `,"next_cursor":"${writeCursor(page.next)}"`;
  const data = listText('{"items":[', page.items.map(piecesOf), `]${next}}`);
  return { ok: true, data, replayed: false };
}

function seenPieces(message: SeenMessage, queue: string, more = ''): readonly string[] {
  const reason = reasonOf(message);
  const text = reason === undefined ? '' : `,"state_reason":"${reason}"`;
  return messagePieces(message, queue, `,"state":"${message.state}"${text}${more}`);
}

function reasonOf({ state, dueAtMs, behindHead }: SeenMessage): string | undefined {
  if (state === 'available') {
    return behindHead ? 'behind the head of its group' : undefined;
  }
  return state === 'dead' || dueAtMs === null ? undefined : `${state} until ${toIso(dueAtMs)}`;
}

export const MESSAGE_ROUTES: readonly Route[] = [peekRoute, messageRoute, dlqListRoute];
