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

/** The commands of push subscriptions. Messages are delivered with the queue's own commands. */
export type PushCommand =
  | SubscribePushCommand
  | UnsubscribePushCommand
  | PausePushCommand
  | SealPushCommand
  | RecordPushesCommand;

/** If the queue already has a subscription with this url, that subscription is changed. */
export interface SubscribePushCommand extends QueueCommand, Audited {
  readonly kind: 'subscribePush';
  readonly autoCreate: boolean;
  /** The id that a new subscription gets. */
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
  /** Null resumes the subscription. */
  readonly reason: PausedReason | null;
}

/** Seals again what was sealed under another key or not at all. */
export interface SealPushCommand {
  readonly kind: 'sealPush';
  readonly rows: readonly SealedAnew[];
}

export interface SealedAnew {
  readonly subscriptionId: string;
  /** A row whose texts have changed since is left as it is. */
  readonly before: SealedTexts;
  readonly after: SealedTexts;
}

/** Adds to the list of recent pushes. */
export interface RecordPushesCommand {
  readonly kind: 'recordPushes';
  readonly subscriptionId: string;
  readonly attempts: readonly PushAttempt[];
}

export interface PushOutcomeOf {
  subscribePush: {
    readonly subscription: ShownSubscription;
    /** See `Subscribed`; absent in answers that were recorded before this field existed. */
    readonly endedSecretUntilMs?: number | null;
  };
  unsubscribePush: { readonly deleted: boolean };
  pausePush: { readonly subscription: ShownSubscription };
  sealPush: { readonly sealed: number };
  recordPushes: { readonly recorded: boolean };
}
