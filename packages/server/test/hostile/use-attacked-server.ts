import { afterAll, beforeEach } from 'vitest';
import { callerOf, type TestServer } from '../harness/http-server.js';
import { QueueClient } from '../harness/queue-client.js';
import { STORE_FACTORIES, type StoreFactory, type StoreFixture } from '../harness/stores.js';
import { ServerRun } from '../nodes/run-server.js';
import type { Attack } from './attack.js';
import { Attacker } from './attacker.js';

const ADMIN_KEY = 'hostile-test-key-0123456789';

const [sqlite] = STORE_FACTORIES as [StoreFactory];

/** A server in a separate process, for attacks that could crash the test. */
export class AttackedServer {
  readonly client = new QueueClient(this, { key: ADMIN_KEY });
  private fixture: StoreFixture | undefined;
  private server: ServerRun | undefined;
  readonly adminKey = ADMIN_KEY;
  url = '';

  constructor(
    private readonly flags: readonly string[],
    private readonly nodeFlags: readonly string[],
  ) {}

  /** Starts it, also again when an earlier test has ended it, so that each test is independent. */
  async start(): Promise<void> {
    if (this.server !== undefined && (await this.answers())) return;
    await this.server?.kill();
    this.fixture ??= await sqlite.create();
    const environment = { MILLRACE_API_KEY: ADMIN_KEY };
    this.server = new ServerRun(this.fixture.url, environment, this.flags, this.nodeFlags);
    const url = await this.server.listening();
    if (url === undefined) throw new Error(this.server.stderr);
    this.url = url;
  }

  readonly call: TestServer['call'] = (method, path, body, options = {}) =>
    callerOf(this.url)(method, path, body, { key: ADMIN_KEY, ...options });

  private async answers(): Promise<boolean> {
    try {
      return (await this.call('GET', '/healthz')).status === 200;
    } catch {
      return false;
    }
  }

  /** Its output before it died; undefined while it runs. */
  get lastWords(): string | undefined {
    return this.server?.isRunning === true ? undefined : this.server?.stderr.slice(-1_000);
  }

  /** Runs a whole attack, but a short one. */
  async attack(attack: Attack, seconds: number): Promise<readonly string[]> {
    const attacker = new Attacker({
      ...{ name: attack.name, url: this.url, adminKey: ADMIN_KEY, attackerKey: ADMIN_KEY },
      ...{ seconds, long: false, index: 0, processes: 1 },
    });
    await attack.prepare?.(attacker);
    attacker.begin();
    await attack.run(attacker);
    attacker.close();
    return attacker.result().violations;
  }

  /** Stops it as an operator would. @returns its exit code */
  async stopInOrder(): Promise<number | null | undefined> {
    this.server?.signal('SIGTERM');
    return this.server?.ended();
  }

  async stop(): Promise<void> {
    await this.server?.kill();
    await this.fixture?.remove();
  }
}

export function useAttackedServer(
  flags: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): AttackedServer {
  const server = new AttackedServer(flags, nodeFlags);
  beforeEach(() => server.start());
  afterAll(() => server.stop());
  return server;
}
