// Loaded before a node (`--import`), in each of its threads: shifts the wall clock by the value in a
// file.
import { readFileSync } from 'node:fs';

const path = process.env.FAULTS_CLOCK_SHIFT_FILE;
const READ_EVERY_MS = 20;
const TrueDate = Date;
let shiftMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

function nowMs() {
  const atMs = performance.now();
  if (atMs - readAtMs > READ_EVERY_MS) {
    readAtMs = atMs;
    shiftMs = Number(readFileSync(path, 'utf8'));
  }
  return TrueDate.now() + shiftMs;
}

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [nowMs()] : args, newTarget),
  apply: () => new TrueDate(nowMs()).toString(),
  get: (target, name) => (name === 'now' ? nowMs : Reflect.get(target, name)),
});
