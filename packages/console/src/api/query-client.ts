import { MillraceError } from '@millrace/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

/** The cache of what the server has answered. A key that ends while somebody looks signs them out. */
export function createQueryClient(signOut: (reason: string) => void): QueryClient {
  const onError = (error: Error): void => {
    if (error instanceof MillraceError && error.code === 'UNAUTHENTICATED') {
      signOut('The key was revoked or has expired. Sign in with another one.');
    }
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // The client has already repeated what is worth repeating.
      queries: { retry: false, staleTime: 2_000 },
      mutations: { retry: false },
    },
  });
}
