import type { Command, Outcome } from '#server/core/commands';
import type { Store } from '#server/core/store';
import { takePlace } from './model-state.js';
import type { ModelStore } from './model-store.js';

export type FaultName =
  | 'an older receipt is accepted'
  | 'a retried message goes to the tail'
  | 'an expired lease counts no failure'
  | 'a replay runs again';

/** A model that is wrong in one way, to show that the comparison would see it in a real store. */
export function withFault(model: ModelStore, fault: FaultName): Store {
  const applyOne = (command: Command): Outcome[] => {
    switch (fault) {
      case 'an older receipt is accepted':
        return model.applyNow([acceptAnyReceipt(command)]);
      case 'a retried message goes to the tail': {
        const [outcome] = model.applyNow([command]);
        if (outcome?.ok && 'results' in outcome) {
          for (const result of outcome.results) {
            if ('requeued' in result && result.requeued) moveToTail(model, result.messageId);
          }
        }
        return [outcome as Outcome];
      }
      case 'an expired lease counts no failure': {
        const leased = model.state.messages.filter(({ state }) => state === 'leased');
        const outcomes = model.applyNow([command]);
        for (const message of leased) if (message.leaseEnd === 'expired') message.failures = 0;
        return outcomes;
      }
      case 'a replay runs again':
        return model.applyNow([{ ...command, idempotency: null } as Command]);
    }
  };
  return {
    clock: model.clock,
    groupsUnderWayMax: model.groupsUnderWayMax,
    apply: async (group) => group.flatMap(applyOne),
    read: (query) => model.read(query),
    listen: (listener) => model.listen(listener),
    stop: () => model.stop(),
  };
}

function acceptAnyReceipt(command: Command): Command {
  if (command.kind !== 'ack') return command;
  const entries = command.entries.map(({ messageId }) => ({ messageId, receipt: null }));
  return { ...command, entries };
}

function moveToTail(model: ModelStore, messageId: string): void {
  const message = model.state.messages.find((other) => other.messageId === messageId);
  if (message !== undefined) message.place = takePlace(model.state);
}
