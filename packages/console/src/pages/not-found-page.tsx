import { Link } from 'wouter';
import { EmptyState } from '../design/empty-state.js';
import { usePageTitle } from '../design/use-page-title.js';

export function NotFoundPage() {
  usePageTitle('No such page');
  return (
    <EmptyState title="There is no such page">
      The address may be incomplete. <Link href="/">All queues</Link> are on the first page.
    </EmptyState>
  );
}
