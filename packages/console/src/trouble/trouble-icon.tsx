import { CircleAlert, TriangleAlert } from 'lucide-react';
import type { Severity } from './trouble.js';
import classes from './trouble-icon.module.css';

/** The words beside it say the same, so it is hidden from screen readers. */
export function TroubleIcon({ severity }: { readonly severity: Severity }) {
  const Icon = severity === 'critical' ? CircleAlert : TriangleAlert;
  return <Icon size={16} aria-hidden className={classes[severity]} />;
}
