import type { Plugin } from 'vite';

/** Puts the entry `early` into the page, where it runs as soon as it is there and waits for nothing else. */
export function earlyScript(): Plugin {
  return {
    name: 'early-script',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {} }) {
        const early = Object.values(bundle).find(
          (file) => 'isEntry' in file && file.name === 'early',
        );
        if (early === undefined) throw new Error('the build has no entry with the name early');
        const src = `/console/${early.fileName}`;
        return [
          {
            tag: 'script',
            attrs: { type: 'module', async: true, crossorigin: true, src },
            injectTo: 'head-prepend',
          },
        ];
      },
    },
  };
}
