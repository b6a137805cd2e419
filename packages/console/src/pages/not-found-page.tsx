import { Link } from 'wouter';
import { EmptyState } from '../design/empty-state.js';

export function NotFoundPage() {
  return (
    <EmptyState title="There is no such page">
      The address may be incomplete. <Link href="/">All queues</Link> are on the first page.
    </EmptyState>
  );
}
