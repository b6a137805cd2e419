import { Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { NotFoundPage } from './not-found-page.js';
import { OverviewPage } from './overview/overview-page.js';

// Only the overview is part of the first load.
const QueuePage = lazy(() => import('./queue/queue-page.js'));
const KeysPage = lazy(() => import('./keys/keys-page.js'));

export function Pages() {
  return (
    <Suspense fallback={<Loader m="xl" aria-label="Loading the page" />}>
      <Switch>
        <Route path="/" component={OverviewPage} />
        <Route path="/queues/:queue/:tab?" component={QueuePage} />
        <Route path="/keys" component={KeysPage} />
        <Route component={NotFoundPage} />
      </Switch>
    </Suspense>
  );
}
