import type { CapabilityId } from '@millrace/protocol';
import { expect } from 'vitest';
import type { Command, CreateKeyCommand, Outcome } from '#server/core/commands/commands';
import type { SubscribePushCommand } from '#server/core/commands/push-commands';
import type { Idempotency } from '#server/core/commands/queue-command';
import { readUsageTables } from '../../harness/usage-tables.js';
import type { Project, StoreSession } from '../store-session.js';

export const WINDOW_MS = 3_600_000;
let keys = 0;

/** An idempotency key that no other call uses. */
export const once = (capability: CapabilityId): { idempotency: Idempotency } => {
  keys += 1;
  const key = `key-${keys}`;
  return { idempotency: { capability, key, fingerprint: 'f', windowMs: WINDOW_MS } };
};

export const usageOf = async ({ fixture }: StoreSession, { name }: Project) => {
  const { kept, counted } = await readUsageTables(fixture.url);
  expect(kept[name]).toEqual(counted[name]);
  return kept[name] ?? { messages: 0, bytes: 0, queues: 0, subscriptions: 0, keys: 0 };
};

/** Expects that a command exceeds a quota. @returns the hint of its refusal */
export const overQuota = async (project: Project, command: Command): Promise<string> => {
  const outcome = await project.submit(command);
  expect(outcome).toMatchObject({ ok: false, code: 'STORAGE_FULL' });
  return (outcome as Outcome & { hint: string }).hint;
};

export const newKey = (
  project: Project,
  more: Partial<CreateKeyCommand> = {},
): CreateKeyCommand => {
  keys += 1;
  const keyId = `key-${keys}`;
  return {
    kind: 'createKey',
    project: project.name,
    key: {
      keyId,
      name: null,
      project: project.name,
      scopes: ['read'],
      secretHash: `hash of ${keyId}`,
      expiresAtMs: null,
    },
    sealedSecret: null,
    onlyIfNone: false,
    idempotency: null,
    ...more,
  };
};

export const newSubscription = (
  project: Project,
  queue: string,
  url: string,
): SubscribePushCommand => {
  keys += 1;
  return {
    kind: 'subscribePush',
    autoCreate: false,
    project: project.name,
    queue,
    idempotency: null,
    subscriptionId: `subscription-${keys}`,
    settings: { url, urlDigest: null },
    forms: { plainUrl: url, urlDigests: [], secretDigests: [] },
  };
};
