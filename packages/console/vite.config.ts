import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { earlyScript } from './build/early-script.js';
import { gzipFiles } from './build/gzip-files.js';
import { themeStyles } from './build/theme-styles.js';

export default defineConfig({
  base: '/console/',
  plugins: [react(), themeStyles(), earlyScript(), gzipFiles()],
  build: {
    // The server's own package contains the console, and so one install contains both.
    outDir: '../server/dist/console',
    emptyOutDir: true,
    rolldownOptions: { input: { index: 'index.html', early: 'src/early.ts' } },
    // The policy of the page forbids data: urls.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // A test bounds the first load, compressed.
    chunkSizeWarningLimit: 1_000,
  },
});
