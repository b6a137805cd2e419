import type {
  GivenPushSettings,
  PausedReason,
  PushAttempt,
  SealedTexts,
  ShownSubscription,
  StoredForms,
} from '../queue/push-subscription.js';
import type { Audited } from './audit-entry.js';
import type { QueueCommand } from './queue-command.js';

/** The commands of push subscriptions. What they deliver goes by the queue's own commands. */
export type PushCommand =
  | SubscribePushCommand
  | UnsubscribePushCommand
  | PausePushCommand
  | SealPushCommand
  | RecordPushesCommand;

/** The same queue and url again changes the subscription that is there. */
export interface SubscribePushCommand extends QueueCommand, Audited {
  readonly kind: 'subscribePush';
  readonly autoCreate: boolean;
  /** For a new one. */
  readonly subscriptionId: string;
  readonly settings: GivenPushSettings;
  readonly forms: StoredForms;
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

/** Seals anew what was sealed under another key, or not at all. */
export interface SealPushCommand {
  readonly kind: 'sealPush';
  readonly rows: readonly SealedAnew[];
}

export interface SealedAnew {
  readonly subscriptionId: string;
  /** A row that is no longer so is left as it is. */
  readonly before: SealedTexts;
  readonly after: SealedTexts;
}

/** Adds to the list of the last pushes. */
export interface RecordPushesCommand {
  readonly kind: 'recordPushes';
  readonly subscriptionId: string;
  readonly attempts: readonly PushAttempt[];
}

export interface PushOutcomeOf {
  subscribePush: {
    readonly subscription: ShownSubscription;
    /** See `Subscribed`; absent in answers that were recorded before there was this. */
    readonly endedSecretUntilMs?: number | null;
  };
  unsubscribePush: { readonly deleted: boolean };
  pausePush: { readonly subscription: ShownSubscription };
  sealPush: { readonly sealed: number };
  recordPushes: { readonly recorded: boolean };
}
