#!/usr/bin/env node
'use strict';

// Committed, and not built, so that npm finds something to link before the first build. It is CommonJS
// (package.json beside it) because Node reads that before it starts the threads of its pool; when it
// loads a module they are there already, and their number is settled.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

// As `npm start` does: names of push receivers are looked up in half of these threads.
process.env.UV_THREADPOOL_SIZE ??= '8';

const main = join(__dirname, '..', 'dist', 'main.js');
if (existsSync(main)) {
  import(pathToFileURL(main).href);
} else {
  process.stderr.write(
    `millrace: it is not built yet; run "npm run build" in ${join(__dirname, '..', '..', '..')}\n`,
  );
  process.exitCode = 1;
}
