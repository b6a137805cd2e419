import { type Call, type CallsByName, isUnknown } from '../calls/calls.js';
import type { CreateRequest, SettingsInForce } from '../ledger/ledger-events.js';

type Field = keyof SettingsInForce;
type Created = ReadonlyMap<string, CreateRequest>;

/** Finds in a ledger the settings of queues, which updates change while other calls run. */
export interface SettingCalls {
  readonly calls: CallsByName;
  readonly queues: Created;
}

/** Each value that a setting may have had within this time; a single one, when no call changed it. */
export function valuesBetween<F extends Field>(
  { calls, queues }: SettingCalls,
  queue: string,
  field: F,
  fromMs: number,
  toMs: number,
): (CreateRequest[F] | undefined)[] {
  const updates = calls.update.filter(
    (call) =>
      call.request.queue === queue &&
      call.request[field] !== undefined &&
      call.startedAtMs < toMs &&
      (isUnknown(call) || isDone(call)),
  );
  const before = updates.filter((call) => isDone(call) && call.endedAtMs < fromMs);
  const possible = updates.filter(
    (call) => !before.some((later) => isDone(call) && call.endedAtMs < later.startedAtMs),
  );
  const values = possible.map((call) => call.request[field] as CreateRequest[F] | undefined);
  return before.length > 0 ? values : [queues.get(queue)?.[field], ...values];
}

/** Each value that it may have had at any time. */
export function valuesEver<F extends Field>(
  settings: SettingCalls,
  queue: string,
  field: F,
): (CreateRequest[F] | undefined)[] {
  const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
  return valuesBetween(settings, queue, field, NEGATIVE_INFINITY, POSITIVE_INFINITY);
}

const isDone = ({ outcome }: Call<'update'>): boolean => outcome.kind === 'answered';
