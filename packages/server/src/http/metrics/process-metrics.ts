import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { PROTOCOL_VERSION } from '@millrace/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';

/** A stall of the event loop that is shorter may not be seen. */
const DELAY_RESOLUTION_MS = 50;
const NANOSECONDS = 1e9;

/**
 * Metrics of the process. The library's own set would watch the event loop from the start, and wake an
 * idle server a hundred times a second; here it is watched only once somebody asks for the metrics.
 */
export class ProcessMetrics {
  private delays: IntervalHistogram | undefined;

  constructor(private readonly registry: Registry) {
    const gauge = (name: string, help: string, read: () => number): void => {
      const made: Gauge = new Gauge({
        name,
        help,
        registers: [registry],
        collect: () => made.set(read()),
      });
    };
    gauge('process_resident_memory_bytes', 'Resident memory of the process.', () =>
      process.memoryUsage.rss(),
    );
    gauge(
      'nodejs_heap_size_used_bytes',
      'Heap memory used by the main thread.',
      () => process.memoryUsage().heapUsed,
    );
    const cpu: Counter = new Counter({
      name: 'process_cpu_seconds_total',
      help: 'Processor time that the process has used.',
      registers: [registry],
      collect: () => {
        const { user, system } = process.cpuUsage();
        cpu.reset();
        cpu.inc((user + system) / 1_000_000);
      },
    });
    gauge(
      'process_start_time_seconds',
      'When the process was started, in seconds since 1970.',
      () => performance.timeOrigin / 1_000,
    );
    gauge('process_uptime_seconds', 'Time since the process was started.', () => process.uptime());
    this.addEventLoopDelay();
    new Gauge({
      name: 'millrace_build_info',
      help: 'Always 1; the labels say what is running.',
      labelNames: ['version', 'node_version'],
      registers: [registry],
    }).set({ version: PROTOCOL_VERSION, node_version: process.version }, 1);
  }

  /** Called when the metrics are requested. */
  begin(): void {
    if (this.delays !== undefined) return;
    this.delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    this.delays.enable();
  }

  /** Its name and quantiles are those of the library's own metrics. */
  private addEventLoopDelay(): void {
    const registers = [this.registry];
    const p99: Gauge = new Gauge({
      name: 'nodejs_eventloop_lag_p99_seconds',
      help: 'How late the event loop was, 99th percentile since the metrics were last requested.',
      registers,
      collect: () => p99.set(this.lateSeconds(this.delays?.percentile(99))),
    });
    const max: Gauge = new Gauge({
      name: 'nodejs_eventloop_lag_max_seconds',
      help: 'How late the event loop was at most since the metrics were last requested.',
      registers,
      collect: () => {
        max.set(this.lateSeconds(this.delays?.max));
        this.delays?.reset();
      },
    });
  }

  /** The monitor measures the time between two of its timers, of which the resolution is not late. */
  private lateSeconds(measuredNs = 0): number {
    // Before anything is measured, the maximum is 0 and the minimum larger than any time.
    return Math.max(0, measuredNs / NANOSECONDS - DELAY_RESOLUTION_MS / 1_000);
  }
}
