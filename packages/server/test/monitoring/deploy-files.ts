import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inDeploy = (path: string): string =>
  fileURLToPath(new URL(`../../../../deploy/${path}`, import.meta.url));

export const ALERTS = inDeploy('prometheus/alerts.yml');
export const ALERT_TESTS = inDeploy('prometheus/alerts.test.yml');
export const DASHBOARD = inDeploy('grafana/millrace.json');

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly panels?: readonly Panel[];
}

export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

export const readDashboard = (): Dashboard => JSON.parse(readFileSync(DASHBOARD, 'utf8'));

/** The queries of all panels, with the title of their panel. */
export const queriesOf = ({ panels }: { readonly panels: readonly Panel[] }): [string, string][] =>
  panels.flatMap(({ title, targets = [], panels: inside = [] }) => [
    ...targets.map(({ expr }): [string, string] => [title, expr]),
    ...queriesOf({ panels: inside }),
  ]);

/** The names of metrics in a text, each without the suffix of a histogram's series. */
export function metricsIn(text: string): string[] {
  const names = text.match(/\b(?:millrace|process|nodejs)_[a-z0-9_]+\b/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')))].sort();
}
