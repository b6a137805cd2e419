import { CAPABILITIES, type UpdateParams, type WriteQueueParams } from '@millrace/protocol';
import { auditedTargetOf, type Call, type Route, respond } from '../call.js';
import { queueRecord, settingsOf } from './queues.js';

/** The calls that change, empty or remove a queue. */

const updateRoute: Route = {
  capability: CAPABILITIES.update,
  handle(call: Call<UpdateParams>, { service, maintenance }) {
    const settings = settingsOf(call.params);
    const outcome = service.submit(
      { kind: 'updateQueue', ...auditedTargetOf(call), settings },
      call.caller,
    );
    return respond(outcome, ({ queue }) => {
      maintenance.retentionChanged();
      return queueRecord(queue);
    });
  },
};

const deleteRoute: Route = {
  capability: CAPABILITIES.delete,
  async handle(call: Call<WriteQueueParams>, { service, maintenance, push }) {
    const { queue } = call.params;
    const outcome = await service.submit(
      { kind: 'deleteQueue', ...auditedTargetOf(call) },
      call.caller,
    );
    if (outcome.ok) maintenance.bucketDiscarded();
    if (outcome.ok && outcome.deleted && !outcome.replayed) {
      // The queue's push subscriptions were deleted with it.
      await push.subscriptionsChanged(call.caller.project, queue);
    }
    return respond(Promise.resolve(outcome), ({ deleted }) => ({ queue, deleted }));
  },
};

const purgeRoute: Route = {
  capability: CAPABILITIES.purge,
  handle(call: Call<WriteQueueParams>, { service, maintenance }) {
    const { queue } = call.params;
    const outcome = service.submit({ kind: 'purgeQueue', ...auditedTargetOf(call) }, call.caller);
    return respond(outcome, ({ purged }) => {
      maintenance.bucketDiscarded();
      return { queue, purged };
    });
  },
};

export const CHANGE_ROUTES: readonly Route[] = [updateRoute, deleteRoute, purgeRoute];
