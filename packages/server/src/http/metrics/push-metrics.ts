import { Counter, Gauge, type Registry } from 'prom-client';
import { inTurn } from '../../core/engine/fairness/in-turn.js';

/** A push subscription that this node serves. */
export interface PushState {
  readonly project: string;
  readonly queue: string;
  readonly subscriptionId: string;
  readonly isBreakerOpen: boolean;
}

/** The most subscriptions that are named; the projects are named in turn. */
const OPEN_NAMED_MAX = 1_000;
const RESULTS = ['success', 'failure', 'outage', 'unsent', 'cancelled'] as const;

/** What became of the pushes of this node, and which receivers are held back. */
export class PushMetrics {
  private readonly attempts: Counter;
  private readStates: () => readonly PushState[] = () => [];

  constructor(registry: Registry) {
    const registers = [registry];
    this.attempts = new Counter({
      name: 'millrace_push_attempts_total',
      help: 'Pushes of this node by result: success, failure (the receiver refused the message), outage (no answer, or 429, 502, 503, 504), unsent (refused by this server) or cancelled.',
      labelNames: ['result'],
      registers,
    });
    for (const result of RESULTS) this.attempts.inc({ result }, 0);
    const subscriptions = new Gauge({
      name: 'millrace_push_subscriptions',
      help: 'Active push subscriptions, by the state of the breaker on this node.',
      labelNames: ['breaker'],
      registers,
      collect: () => {
        const states = this.readStates();
        const open = states.filter(({ isBreakerOpen }) => isBreakerOpen).length;
        subscriptions.set({ breaker: 'open' }, open);
        subscriptions.set({ breaker: 'closed' }, states.length - open);
      },
    });
    const open = new Gauge({
      name: 'millrace_push_breaker_open',
      help: 'Always 1, for each push subscription whose breaker is open on this node.',
      labelNames: ['project', 'queue', 'subscription_id'],
      registers,
      collect: () => {
        open.reset();
        const states = this.readStates().filter(({ isBreakerOpen }) => isBreakerOpen);
        for (const { project, queue, subscriptionId } of inTurn(states, OPEN_NAMED_MAX)) {
          open.set({ project, queue, subscription_id: subscriptionId }, 1);
        }
      },
    });
  }

  readonly attempted = (result: (typeof RESULTS)[number]): void => {
    this.attempts.inc({ result });
  };

  /** @param read called when the page is requested */
  watch(read: () => readonly PushState[]): void {
    this.readStates = read;
  }
}
