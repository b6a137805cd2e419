import { clockJumps } from './clock-jumps.js';
import type { FaultKind } from './fault-kind.js';
import { hostLost } from './host-lost.js';
import { kill } from './kill.js';
import { nodeStopped } from './node-stopped.js';
import { oldSnapshot } from './old-snapshot.js';
import { settingsChanged } from './settings-changed.js';

export const FAULT_KINDS: readonly FaultKind[] = [
  kill,
  hostLost,
  nodeStopped,
  clockJumps,
  oldSnapshot,
  settingsChanged,
];
