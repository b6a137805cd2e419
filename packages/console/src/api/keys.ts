import type { CreateKeyParams, KeyRecord } from '@millrace/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';

const KEY = ['keys'];
/** More than anybody reads. */
const MOST_KEYS = 1_000;

export function useKeys() {
  const { millrace } = useSession();
  return useQuery<readonly KeyRecord[]>({
    queryKey: KEY,
    queryFn: ({ signal }) => millrace.account.keys.list({ limit: 200, signal }).toArray(MOST_KEYS),
    refetchInterval: useLiveInterval(15_000),
  });
}

export function useCreateKey() {
  const { millrace } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (params: CreateKeyParams) => millrace.account.keys.create(params),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
    // The answer has the secret, which must not stay in the cache.
    gcTime: 0,
  });
}

export function useRevokeKey(keyId: string) {
  const { millrace } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => millrace.account.keys.revoke(keyId),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
