import { Counter, Histogram, type Registry } from 'prom-client';

declare module 'fastify' {
  interface FastifyInstance {
    requestMetrics: RequestMetrics;
  }
}

const DURATIONS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

type Record = (durationMs: number) => void;

/** Counts the answers of this process by call and status, and measures how long they took. */
export class RequestMetrics {
  private readonly answers: Counter;
  private readonly durations: Histogram;
  /** The counters of each pair of labels; looking them up by labels costs more than counting. */
  private readonly records = new Map<string, Map<number, Record>>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.answers = new Counter({
      name: 'millrace_requests_total',
      help: 'Answers, by capability and HTTP status.',
      labelNames: ['capability', 'status'],
      registers,
    });
    this.durations = new Histogram({
      name: 'millrace_request_duration_seconds',
      help: 'Time from the request to its answer, by capability, including the wait of long polls.',
      labelNames: ['capability'],
      buckets: DURATIONS_SECONDS,
      registers,
    });
  }

  /** @param capability undefined if the request was for no call */
  record(capability = 'none', status: number, durationMs: number): void {
    let byStatus = this.records.get(capability);
    if (byStatus === undefined) {
      byStatus = new Map();
      this.records.set(capability, byStatus);
    }
    let record = byStatus.get(status);
    if (record === undefined) {
      record = this.recordOf(capability, status);
      byStatus.set(status, record);
    }
    record(durationMs);
  }

  private recordOf(capability: string, status: number): Record {
    const answers = this.answers.labels(capability, String(status));
    const durations = this.durations.labels(capability);
    return (durationMs) => {
      answers.inc();
      durations.observe(durationMs / 1_000);
    };
  }
}
