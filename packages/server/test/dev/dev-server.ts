import { expect } from 'vitest';
import { CommandRun } from '../command-line/command-run.js';
import { callerOf, type HttpAnswer, type Json } from '../harness/http-server.js';
import { ManagingClient } from '../harness/managing-client.js';

/** `millrace dev` in a process of its own, as a test helper starts it. */
export class DevServer {
  readonly client: ManagingClient;

  private constructor(
    readonly run: CommandRun,
    /** What it has printed. */
    readonly shown: Json,
  ) {
    this.client = new ManagingClient({ call: this.call });
  }

  static async start(flags: readonly string[] = [], environment = {}): Promise<DevServer> {
    const run = new CommandRun(['dev', '--port', '0', '--json', ...flags], { environment });
    await run.says(/"url"/);
    expect(run.stdout, run.stderr).toMatch(/^\{.*\}\n$/);
    return new DevServer(run, JSON.parse(run.stdout));
  }

  get url(): string {
    return this.shown.url;
  }

  readonly call: ReturnType<typeof callerOf> = (method, path, body, options) =>
    callerOf(this.url)(method, path, body, { key: this.shown.api_key, ...options });

  askToAdvance(seconds: unknown): Promise<HttpAnswer> {
    return this.call('POST', '/dev/clock/advance', { seconds });
  }

  async advance(seconds: number): Promise<Json> {
    const answer = await this.askToAdvance(seconds);
    expect(answer.status, answer.text).toBe(200);
    return answer.body.data;
  }

  /** Waits until so many calls wait for messages. */
  async expectWaits(count: number): Promise<void> {
    await expect
      .poll(async () => (await this.call('GET', '/metrics')).text, { timeout: 30_000 })
      .toContain(`millrace_waits{kind="client"} ${count}`);
  }

  /** Stops it like a supervisor. @returns the exit code */
  async stop(): Promise<number | null> {
    if (this.run.isRunning) this.run.signalGroup('SIGTERM');
    return this.run.ended();
  }
}
