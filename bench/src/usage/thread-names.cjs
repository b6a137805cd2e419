// Preloaded into the measured servers. Node names all threads alike, and the kernel counts CPU time by
// thread, so each worker takes the name of its file, such as "writer-thread".
const { writeFileSync } = require('node:fs');
const { basename } = require('node:path');
const { isMainThread } = require('node:worker_threads');

if (!isMainThread && process.platform === 'linux') {
  // Only after the preload does argv contain the worker's file. The kernel cuts the name.
  setImmediate(() => {
    writeFileSync('/proc/thread-self/comm', basename(process.argv[1] ?? 'worker', '.js'));
  });
}
