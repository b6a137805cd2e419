/** The result of one step; a latency is that of one round: a call, or a consume and its ack. */
export interface Step {
  readonly name: string;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Repeats a round, several at once, until it says that nothing is left. */
export async function timeStep(
  name: string,
  { concurrency }: { readonly concurrency: number },
  round: () => Promise<number>,
): Promise<Step> {
  const latenciesMs: number[] = [];
  let messages = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const beganMs = performance.now();
      const count = await round();
      if (count === 0) return;
      latenciesMs.push(performance.now() - beganMs);
      messages += count;
    }
  };
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  const seconds = (performance.now() - beganMs) / 1_000;
  latenciesMs.sort((a, b) => a - b);
  return {
    name,
    messages,
    messagesPerSecond: messages / seconds,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

/** Of numbers in ascending order; 0 if there are none. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
