import { useMemo } from 'react';
import { useSearchParams } from 'wouter';

/** What the address says of the overview. */
export interface OverviewView {
  readonly search: string;
  readonly only: 'all' | 'trouble';
  readonly sortBy: string;
  readonly isDescending: boolean;
}

export interface OverviewAddress {
  readonly view: OverviewView;
  change(part: Partial<OverviewView>): void;
}

const DEFAULTS: OverviewView = { search: '', only: 'all', sortBy: 'trouble', isDescending: false };

/** Search, filter and order are part of the address, so that a view can be shared. */
export function useOverviewAddress(): OverviewAddress {
  const [params, setParams] = useSearchParams();
  return useMemo(() => {
    const view = readView(params);
    return {
      view,
      change: (part) => setParams(writeView({ ...view, ...part }), { replace: true }),
    };
  }, [params, setParams]);
}

function readView(params: URLSearchParams): OverviewView {
  const [sortBy = DEFAULTS.sortBy, direction] = (params.get('sort') ?? 'trouble').split('.');
  return {
    search: params.get('q') ?? '',
    only: params.get('only') === 'trouble' ? 'trouble' : 'all',
    sortBy,
    isDescending: direction === 'desc',
  };
}

function writeView({ search, only, sortBy, isDescending }: OverviewView): URLSearchParams {
  const params = new URLSearchParams();
  if (search !== '') params.set('q', search);
  if (only !== 'all') params.set('only', only);
  const sort = `${sortBy}${isDescending ? '.desc' : ''}`;
  if (sort !== DEFAULTS.sortBy) params.set('sort', sort);
  return params;
}
