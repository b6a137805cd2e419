import { Histogram, type Registry } from 'prom-client';

/** Up to the most commands that one commit group may have. */
const COMMANDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const DURATIONS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/** How large commit groups are, and how long the store takes for them. */
export class CommitMetrics {
  private readonly commands: Histogram;
  private readonly durations: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.commands = new Histogram({
      name: 'millrace_commit_group_commands',
      help: 'Commands that were committed together.',
      buckets: COMMANDS,
      registers,
    });
    this.durations = new Histogram({
      name: 'millrace_commit_group_duration_seconds',
      help: 'Time from handing a commit group to the store until it is on stable storage.',
      buckets: DURATIONS_SECONDS,
      registers,
    });
  }

  readonly committed = (commands: number, durationMs: number): void => {
    this.commands.observe(commands);
    this.durations.observe(durationMs / 1_000);
  };
}
