import { Checkbox } from '@mantine/core';
import type { QueueMessage } from '@millrace/client';
import { payloadTextOf } from '../../../api/messages.js';
import { formatCount, formatRelative, formatTime } from '../../../design/format.js';
import { compactJson } from '../../../design/json/json-text.js';
import classes from './message-table.module.css';
import { StateBadge } from './state-badge.js';

interface Selection {
  readonly ids: ReadonlySet<string>;
  change(ids: ReadonlySet<string>): void;
}

interface MessageTableProps<T extends QueueMessage> {
  readonly label: string;
  readonly messages: readonly T[];
  readonly lastColumn: string;
  /** Whether they are of a FIFO queue, in which message groups matter. */
  readonly hasGroups: boolean;
  /** If given, rows can be chosen. */
  readonly selection?: Selection;
  /** The text of the last column. */
  explain(message: T): string;
  onOpen(messageId: string): void;
}

const PREVIEW_CHARACTERS = 200;

/** The beginning of a payload. A long one is cut before its white space is taken out, which takes time. */
const previewOf = (message: QueueMessage): string =>
  compactJson(payloadTextOf(message).slice(0, 10 * PREVIEW_CHARACTERS)).slice(
    0,
    PREVIEW_CHARACTERS,
  );

/** Messages as rows. A payload is shown as text, whatever it contains. */
export function MessageTable<T extends QueueMessage & { readonly state?: string }>({
  label,
  messages,
  lastColumn,
  hasGroups,
  selection,
  explain,
  onOpen,
}: MessageTableProps<T>) {
  const hasStates = messages.some(({ state }) => state !== undefined);
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            {selection && (
              <th className={classes.choice}>
                <SelectAll messages={messages} selection={selection} />
              </th>
            )}
            {hasStates && <th className={classes.state}>State</th>}
            <th className={classes.payload}>Payload</th>
            {hasGroups && <th className={classes.group}>Message group</th>}
            <th className={classes.age}>Published</th>
            <th className={classes.count}>Deliveries</th>
            <th className={classes.why}>{lastColumn}</th>
          </tr>
        </thead>
        <tbody>
          {messages.map((message) => (
            <tr
              key={message.messageId}
              onClick={({ target }) => {
                if (!isControl(target)) onOpen(message.messageId);
              }}
            >
              {selection && (
                <td>
                  <SelectOne messageId={message.messageId} selection={selection} />
                </td>
              )}
              {hasStates && (
                <td>
                  <StateBadge state={message.state ?? 'dead'} />
                </td>
              )}
              <td className={classes.payload}>
                <button
                  type="button"
                  title={`Message ${message.messageId}`}
                  onClick={() => onOpen(message.messageId)}
                >
                  {previewOf(message)}
                </button>
              </td>
              {hasGroups && (
                <td className={classes.group} title={message.messageGroupId}>
                  {message.messageGroupId ?? <span className={classes.none}>none</span>}
                </td>
              )}
              <td className={classes.age} title={formatTime(message.enqueuedAt)}>
                {formatRelative(message.enqueuedAt)}
              </td>
              <td className={classes.count}>{formatCount(message.deliveryCount)}</td>
              <td className={classes.why}>{explain(message)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whether a click is for something in the row that has a use of its own. */
const isControl = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('button, input, label') !== null;

interface SelectAllProps {
  readonly messages: readonly QueueMessage[];
  readonly selection: Selection;
}

function SelectAll({ messages, selection: { ids, change } }: SelectAllProps) {
  const chosen = messages.filter(({ messageId }) => ids.has(messageId)).length;
  const isAll = chosen === messages.length;
  return (
    <Checkbox
      size="xs"
      aria-label="Select all that are shown"
      checked={isAll}
      indeterminate={chosen > 0 && !isAll}
      onChange={() => change(new Set(isAll ? [] : messages.map(({ messageId }) => messageId)))}
    />
  );
}

interface SelectOneProps {
  readonly messageId: string;
  readonly selection: Selection;
}

function SelectOne({ messageId, selection: { ids, change } }: SelectOneProps) {
  const toggle = (): void => {
    const next = new Set(ids);
    if (!next.delete(messageId)) next.add(messageId);
    change(next);
  };
  return (
    <Checkbox
      size="xs"
      aria-label={`Select message ${messageId}`}
      checked={ids.has(messageId)}
      onChange={toggle}
    />
  );
}
