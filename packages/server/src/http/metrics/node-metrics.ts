import { Registry } from 'prom-client';
import { CommitMetrics } from './commit-metrics.js';
import { PushMetrics } from './push-metrics.js';
import { QueueEvents } from './queue-events.js';
import { RequestMetrics } from './request-metrics.js';

/** What this node counts while it works. The other metrics are read when the page is requested. */
export class NodeMetrics {
  readonly registry = new Registry();
  readonly requests = new RequestMetrics(this.registry);
  readonly commits = new CommitMetrics(this.registry);
  readonly events = new QueueEvents(this.registry);
  readonly pushes = new PushMetrics(this.registry);
}
