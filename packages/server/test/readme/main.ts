import { follow, readmeSteps } from './follow.js';

/** Long enough for the install on a slow network, too. */
const WITHIN_MS = 900_000;

/** `tsx main.ts FOLDER` runs the README of a checkout exactly as written, in that checkout. */
const [checkout] = process.argv.slice(2);
if (checkout === undefined) throw new Error('which checkout? tsx main.ts FOLDER');
const steps = await readmeSteps(checkout);
const faults = await follow(steps, { folder: checkout, withinMs: WITHIN_MS });
for (const fault of faults) console.error(`README: ${fault}\n`);
if (steps.length === 0) console.error('README: there is nothing to run');
process.exitCode = faults.length === 0 && steps.length > 0 ? 0 : 1;
