import { Counter, Gauge, type Registry } from 'prom-client';
import type { ByteBudget } from '../../core/engine/byte-budget.js';
import type { LongPolls } from '../../core/engine/long-poll.js';
import type { Connections } from '../connection/connections.js';

export interface Shared {
  /** The bytes of bodies and answers. */
  readonly budget: ByteBudget;
  readonly pushBudget: ByteBudget;
  readonly longPolls: LongPolls;
}

/** Metrics of the budgets that the callers of this node share. */
export function registerBudgetMetrics(
  registry: Registry,
  { budget, pushBudget, longPolls }: Shared,
  connections: Connections,
): void {
  const registers = [registry];
  new Gauge({
    name: 'millrace_reserved_bytes',
    help: 'Bytes reserved for bodies that arrive or wait, answers being sent, and pushes.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.set({ kind: 'body' }, budget.reservedBytes('body'));
      this.set({ kind: 'answer' }, budget.reservedBytes('answer'));
      this.set({ kind: 'push' }, pushBudget.reservedBytes('push'));
    },
  });
  new Gauge({
    name: 'millrace_reserved_bytes_limit',
    help: 'Bytes that may be reserved at once: for bodies and answers together, and for pushes.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.set({ kind: 'calls' }, budget.maxBytes);
      this.set({ kind: 'push' }, pushBudget.maxBytes);
    },
  });
  new Counter({
    name: 'millrace_budget_refusals_total',
    help: 'Requests for bytes that did not fit; the caller waited, got less or was refused.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset();
      this.inc({ kind: 'calls' }, budget.refusals);
      this.inc({ kind: 'push' }, pushBudget.refusals);
    },
  });
  new Gauge({
    name: 'millrace_connections',
    help: 'Open connections, by whether a key was accepted on them.',
    labelNames: ['state'],
    registers,
    collect() {
      const { accepted, unaccepted } = connections.count();
      this.set({ state: 'accepted' }, accepted);
      this.set({ state: 'unaccepted' }, unaccepted);
    },
  });
  new Gauge({
    name: 'millrace_waits',
    help: 'Calls (client) and push workers (push) that wait for messages.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.set({ kind: 'client' }, longPolls.count('client'));
      this.set({ kind: 'push' }, longPolls.count('push'));
    },
  });
}
