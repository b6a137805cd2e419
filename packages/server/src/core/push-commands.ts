import type { Audited } from './audit.js';
import type { QueueCommand } from './commands.js';
import type {
  GivenPushSettings,
  PausedReason,
  PushAttempt,
  ShownSubscription,
} from './push-subscription.js';

/** The commands of push subscriptions. What they deliver goes by the queue's own commands. */
export type PushCommand =
  | SubscribePushCommand
  | UnsubscribePushCommand
  | PausePushCommand
  | RecordPushesCommand;

/** The same queue and url again changes the subscription that is there. */
export interface SubscribePushCommand extends QueueCommand, Audited {
  readonly kind: 'subscribePush';
  /** For a new one. */
  readonly subscriptionId: string;
  readonly settings: GivenPushSettings;
}

export interface UnsubscribePushCommand extends QueueCommand, Audited {
  readonly kind: 'unsubscribePush';
  readonly subscriptionId: string;
}

export interface PausePushCommand extends QueueCommand, Audited {
  readonly kind: 'pausePush';
  readonly subscriptionId: string;
  /** Null: it goes on. */
  readonly reason: PausedReason | null;
}

/** Adds to the list of the last pushes. */
export interface RecordPushesCommand {
  readonly kind: 'recordPushes';
  readonly subscriptionId: string;
  readonly attempts: readonly PushAttempt[];
}

export interface PushOutcomeOf {
  subscribePush: { readonly subscription: ShownSubscription };
  unsubscribePush: { readonly deleted: boolean };
  pausePush: { readonly subscription: ShownSubscription };
  recordPushes: { readonly recorded: boolean };
}
