import { isBefore, type Life, livesAt, type Message } from './message-lives.js';
import type { CallOf, Observation, QueueRules } from './observations.js';

/** The observations of one run, sorted for the checks. */
export interface Run {
  readonly observations: readonly Observation[];
  readonly messages: ReadonlyMap<string, Message>;
  readonly rules: Readonly<Record<string, QueueRules>>;
  /** No two calls overlapped, so a message that is not delivered has no excuse. */
  readonly oneByOne: boolean;
}

export const callsOf = <N extends Observation['call']>(run: Run, name: N): CallOf<N>[] =>
  run.observations.filter((seen) => seen.call === name) as unknown as CallOf<N>[];

export const groupMates = (run: Run, { queue, group }: Message): Message[] =>
  [...run.messages.values()].filter((other) => other.queue === queue && other.group === group);

/** No message is delivered while an unsettled message certainly precedes it in its message group. */
export function inversions(run: Run): string[] {
  const found: string[] = [];
  for (const consume of callsOf(run, 'consume')) {
    for (const [index, { messageId }] of consume.messages.entries()) {
      const message = run.messages.get(messageId);
      if (message === undefined) {
        found.push(`${messageId} was delivered, but no publish sent it`);
        continue;
      }
      const own = livesAt(message, consume);
      if (own.length === 0) found.push(`${messageId} was delivered after it had been removed`);
      for (const earlier of groupMates(run, message)) {
        const at = consume.messages.findIndex((other) => other.messageId === earlier.messageId);
        const overtaken = earlier.lives.some(
          (life) =>
            own.length > 0 &&
            own.every((mine) => isBefore(life, mine)) &&
            life.mayEndAtTick > consume.endTick &&
            !mayHaveDied(run, earlier, life, consume),
        );
        if (!overtaken || (at >= 0 && at < index)) continue;
        found.push(`${messageId} was delivered before ${earlier.messageId} was settled`);
      }
    }
  }
  return found;
}

/** The last lease that may run out makes a dead letter without any call. */
export function mayHaveDied(
  run: Run,
  message: Message,
  life: Life,
  { endTick, endMs }: CallOf<'consume'>,
): boolean {
  const tries = message.deliveries.filter(
    ({ consume }) => consume.endTick > life.placed.startTick && consume.startTick < endTick,
  );
  const { maxExpiredLeases } = run.rules[message.queue] as QueueRules;
  const earliestEndMs = Math.min(
    ...tries.map(({ consume }) => consume.startMs + consume.visibilityMs),
  );
  return tries.length > maxExpiredLeases && endMs >= earliestEndMs;
}
