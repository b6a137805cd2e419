import { useQuery } from '@tanstack/react-query';
import { useLiveInterval } from './live-updates.js';
import { READINESS_INTERVAL_MS } from './overview-calls.js';

/** What `/readyz` says, which needs no key. */
export interface Readiness {
  /** Why the server cannot work; undefined if it can. */
  readonly problem: string | undefined;
  /** Why publishing is stopped; undefined if it is not. */
  readonly publishingStopped: string | undefined;
}

export function useReadiness() {
  return useQuery<Readiness>({
    queryKey: ['readiness'],
    queryFn: async ({ signal }) => readReadiness(await fetch('/readyz', { signal })),
    refetchInterval: useLiveInterval(READINESS_INTERVAL_MS),
  });
}

async function readReadiness(response: Response): Promise<Readiness> {
  const answer = (await response.json()) as Record<string, unknown>;
  const publishing = answer.publishing;
  return {
    problem: response.ok ? undefined : textOf(answer.cause ?? answer.status),
    publishingStopped:
      publishing === undefined || publishing === 'ok' ? undefined : textOf(publishing),
  };
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
