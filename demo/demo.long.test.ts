import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Millrace, type Queue } from '@millrace/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TROUBLE } from './trouble.js';
import { USUAL } from './usual.js';

const SOON = { timeout: 50_000, interval: 200 };

/** `npm run demo -- --trouble`, without the build. */
class Demo {
  private stdout = '';

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
  }

  static async start(): Promise<Demo> {
    const args = ['--import', 'tsx', 'demo/main.ts', '--trouble'];
    const demo = new Demo(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
    try {
      await vi.waitFor(() => expect(demo.stdout).toContain('Ctrl-C ends the demo'), SOON);
    } catch (error) {
      await demo.interrupt();
      throw error;
    }
    return demo;
  }

  get console(): string {
    return this.told(/^console +(\S+)$/m);
  }

  get client(): Millrace {
    const baseUrl = this.console.replace(/\/console$/, '');
    return new Millrace({ baseUrl, apiKey: this.told(/^API key +(\S+)$/m), retries: false });
  }

  /** Presses Ctrl-C. @returns the exit code */
  async interrupt(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await ended;
    return this.child.exitCode;
  }

  private told(pattern: RegExp): string {
    return pattern.exec(this.stdout)?.[1] ?? '';
  }
}

describe('npm run demo -- --trouble', () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await Demo.start();
  });
  afterAll(() => demo?.interrupt());

  const queue = (name: string): Queue => demo.client.queue(name);
  const stats = (name: string) => queue(name).stats();

  async function toGrow(count: () => Promise<number>): Promise<void> {
    const before = await count();
    await expect.poll(count, SOON).toBeGreaterThan(before);
  }

  async function availableToGrow(name: string): Promise<void> {
    await toGrow(async () => (await stats(name)).available);
  }

  test('has all queues, and the console whose address it prints', async () => {
    const names = (await demo.client.queues.list().toArray(100)).map((listed) => listed.queue);
    expect(names.sort()).toEqual([...USUAL, ...TROUBLE].map((scene) => scene.queue).sort());
    expect((await fetch(demo.console)).status).toBe(200);
  });

  test('the usual queues are worked on', async () => {
    for (const name of ['orders', 'mails', 'reports', 'ledger', 'invoices']) {
      const acked = async () => {
        const { minutes = [] } = await queue(name).history();
        return minutes.reduce((sum, minute) => sum + minute.acked, 0);
      };
      await expect.poll(acked, { ...SOON, message: name }).toBeGreaterThan(0);
    }
  });

  test('nobody consumes newsletters', async () => {
    await availableToGrow('newsletters');
    expect(await stats('newsletters')).not.toHaveProperty('lastFetchAt');
    const waiting = await queue('newsletters').peek().toArray(100);
    expect(new Set(waiting.map(({ deliveryCount }) => deliveryCount))).toEqual(new Set([0]));
  });

  test('dead letters of imports grow because of a bad payload', async () => {
    await toGrow(async () => (await stats('imports')).dlq);
    const letters = await queue('imports').dlq.list().toArray(100);
    for (const { deadLetterReason, lastError, payload } of letters) {
      expect(deadLetterReason).toBe('max_retries');
      expect(lastError).toContain('the field sku is missing');
      expect(payload).not.toHaveProperty('sku');
    }
  });

  test('the breaker of webhooks is open', async () => {
    const [subscription] = await queue('webhooks').pushSubscriptions().toArray(1);
    const id = subscription?.subscriptionId ?? '';
    const refused = async () => {
      const deliveries = await queue('webhooks').pushDeliveries(id).toArray(100);
      return deliveries.filter(({ error }) => error === 'connection refused').length;
    };
    // After five outages in a row it opens, and lets only probes through.
    await expect.poll(refused, SOON).toBeGreaterThan(5);
    await availableToGrow('webhooks');
    expect((await stats('webhooks')).dlq).toBe(0);
  });

  test('a message of payments blocks its message group, and no other', async () => {
    const behind = async () => {
      const waiting = await queue('payments').peek({ state: 'available' }).toArray(1_000);
      return waiting.filter(({ stateReason }) => stateReason !== undefined);
    };
    await expect.poll(async () => (await behind()).length, SOON).toBeGreaterThan(2);
    const groups = (await behind()).map(({ messageGroupId }) => messageGroupId);
    expect(new Set(groups)).toEqual(new Set(['account-3']));
    const failing = async () => {
      const [head] = await queue('payments').peek({ state: 'delayed' }).toArray(1);
      return head?.lastError;
    };
    await expect.poll(failing, SOON).toContain('cents is not a number');
  });

  test('the age of thumbnails climbs although somebody consumes', async () => {
    await availableToGrow('thumbnails');
    await expect.poll(() => stats('thumbnails'), SOON).toHaveProperty('lastFetchAt');
    await toGrow(async () => (await stats('thumbnails')).oldestAgeSeconds ?? 0);
    await expect.poll(async () => (await stats('thumbnails')).inFlight, SOON).toBeGreaterThan(0);
  });

  test('the subscription of notifications is paused', async () => {
    const [subscription] = await queue('notifications').pushSubscriptions().toArray(1);
    expect(subscription?.state).toBe('paused');
    await availableToGrow('notifications');
  });

  test('Ctrl-C ends all of it', async () => {
    const { client } = demo;
    expect(await demo.interrupt()).toBe(0);
    await expect(client.queues.list().page()).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
  });
});
