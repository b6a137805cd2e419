import type { PushSubscriptionRow } from '../../../core/queue/push-subscription.js';
import type { SecretBox } from './push-secret.js';

/** The secrets of a subscription, opened only once because every push signs with them. */
export class SigningSecrets {
  private readonly newest: readonly string[] | undefined;
  private readonly withPrevious: readonly string[] | undefined;
  private readonly previousUntilMs: number;

  constructor(subscription: PushSubscriptionRow, box: SecretBox) {
    const { secret, previousSecret, previousSecretUntilMs } = subscription;
    this.newest = opened([secret], box);
    this.withPrevious = opened([secret, previousSecret], box);
    this.previousUntilMs = previousSecretUntilMs ?? 0;
  }

  /** The secrets that sign at this time, newest first; undefined if one cannot be opened. */
  at(nowMs: number): readonly string[] | undefined {
    return nowMs < this.previousUntilMs ? this.withPrevious : this.newest;
  }
}

function opened(texts: readonly (string | null)[], box: SecretBox): string[] | undefined {
  const stored = texts.filter((text) => text !== null);
  const secrets = stored.flatMap((text) => box.open(text) ?? []);
  return secrets.length === stored.length ? secrets : undefined;
}
