/** The record of a run of pushes, and a check that it kept every promise. */

export interface Published {
  readonly id: string;
  readonly group: string;
}

/** One received POST; the POSTs are listed in the order of their arrival. */
export interface Received {
  readonly id: string;
  /** The status of the answer; null if the receiver was stopped before it, or the answer was lost. */
  readonly status: number | null;
}

export interface DeadLetter {
  readonly id: string;
  /** The number of failed pushes; expired leases do not use up retries. */
  readonly nacks: number;
}

export interface PushRun {
  /** In the order of publishing. */
  readonly published: readonly Published[];
  readonly received: readonly Received[];
  readonly deadLetters: readonly DeadLetter[];
  readonly maxRetries: number;
  readonly isFifo: boolean;
  /** Restarts of the receiver; each may lose an answer that the receiver counted as sent. */
  readonly restarts?: number;
}

/** One sentence for each broken promise; empty if the run kept them all. */
export function brokenPromises(run: PushRun): string[] {
  return [...brokenDeliveries(run), ...(run.isFifo ? brokenOrder(run) : [])];
}

/** Each message must be acked, or dead after exactly its retries, and must have been published. */
function brokenDeliveries(run: PushRun): string[] {
  const { published, received, deadLetters, maxRetries, restarts = 0 } = run;
  const broken: string[] = [];
  const refusals = countBy(received, ({ status }) => status !== null && status >= 300);
  const acked = new Set(received.filter(({ status }) => status === 200).map(({ id }) => id));
  const nacksOf = new Map(deadLetters.map(({ id, nacks }) => [id, nacks]));
  const known = new Set(published.map(({ id }) => id));
  for (const { id } of published) {
    const nacks = nacksOf.get(id);
    const refused = refusals.get(id) ?? 0;
    if (nacks === undefined) {
      if (!acked.has(id)) broken.push(`${id} is lost: no success and no dead letter`);
      if (refused > maxRetries + restarts)
        broken.push(`${id} was refused ${refused} times and pushed again`);
    } else {
      if (nacks !== maxRetries + 1) broken.push(`${id} is dead after ${nacks} failures`);
      if (refused > maxRetries + 1 + restarts)
        broken.push(`${id} is dead and was refused ${refused} times`);
    }
  }
  for (const { id } of [...received, ...deadLetters]) {
    if (!known.has(id)) broken.push(`${id} was never published`);
  }
  if (new Set(deadLetters.map(({ id }) => id)).size !== deadLetters.length) {
    broken.push('a message is a dead letter twice');
  }
  return broken;
}

/** A message group continues with its next message once the previous one is acked or dead. */
function brokenOrder({ published, received, deadLetters }: PushRun): string[] {
  const broken: string[] = [];
  const dead = new Set(deadLetters.map(({ id }) => id));
  const groupOf = new Map(published.map(({ id, group }) => [id, group]));
  const queues = new Map<string, string[]>();
  for (const { id, group } of published) queues.set(group, [...(queues.get(group) ?? []), id]);
  const heads = new Map([...queues.keys()].map((group) => [group, { at: 0, isOver: false }]));
  for (const { id, status } of received) {
    const group = groupOf.get(id) ?? '';
    const head = heads.get(group);
    const queue = queues.get(group);
    if (head === undefined || queue === undefined) continue;
    const at = queue.indexOf(id);
    const mayFollow = head.isOver || dead.has(queue[head.at] as string);
    if (at === head.at + 1 && mayFollow) heads.set(group, { at, isOver: status === 200 });
    else if (at === head.at) head.isOver ||= status === 200;
    else broken.push(`${group}: message ${at} arrived before ${head.at} was finished`);
  }
  return broken;
}

/** How often each message was repeated. */
export function repetitions(received: readonly Received[]): Map<string, number> {
  const counts = countBy(received, () => true);
  return new Map([...counts].filter(([, count]) => count > 1).map(([id, n]) => [id, n - 1]));
}

function countBy(received: readonly Received[], counts: (push: Received) => boolean) {
  const result = new Map<string, number>();
  for (const push of received) {
    if (counts(push)) result.set(push.id, (result.get(push.id) ?? 0) + 1);
  }
  return result;
}
