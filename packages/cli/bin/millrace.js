#!/usr/bin/env node
'use strict';

// This file is committed, not built, so that npm can link it before the first build. It is CommonJS (see
// package.json beside it) because Node loads CommonJS before it starts the threads of its pool. When Node
// loads an ES module, the threads already exist and their number is fixed.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

// The same as in `npm start`. Names of push receivers are looked up in half of these threads.
process.env.UV_THREADPOOL_SIZE ??= '8';

const main = join(__dirname, '..', 'dist', 'main.js');
if (existsSync(main)) {
  import(pathToFileURL(main).href);
} else {
  process.stderr.write(
    `millrace: millrace is not built yet; run "npm run build" in ${join(__dirname, '..', '..', '..')}\n`,
  );
  process.exitCode = 1;
}
