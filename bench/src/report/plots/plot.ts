import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/**
 * Ink and paper follow the reader's scheme, also where the file is shown as an image. Without support for
 * it, as in most converters, a picture is light.
 */
const STYLE =
  'svg { color: #1f2328; background: #ffffff; } ' +
  '@media (prefers-color-scheme: dark) { svg { color: #e6edf3; background: #0d1117; } }';

export const COLOURS = ['#4f78e0', '#e07b00', '#3ca951', '#e0464b', '#9467bd'];
/** For bounds, on which nothing is measured. */
export const BOUND = { stroke: '#e0464b', strokeDasharray: '4 3' };

const WIDTH = 760;
const HEADING_HEIGHT = 36;

/** Draws a plot below a title, as the text of an SVG file. */
export function svgOf(title: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const plot = Plot.plot({
    width: WIDTH,
    height: 380,
    marginTop: 36,
    marginRight: 130,
    marginBottom: 44,
    marginLeft: 64,
    grid: true,
    style: { fontSize: '12px' },
    ...options,
    document,
  });
  plot.setAttribute('y', String(HEADING_HEIGHT));
  const height = Number(plot.getAttribute('height')) + HEADING_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${title}</title>`,
    `<style>${STYLE}</style>`,
    '<text x="16" y="24" fill="currentColor" font-family="system-ui, sans-serif"',
    ` font-size="16" font-weight="600">${title}</text>`,
    plot.outerHTML,
    '</svg>\n',
  ].join('\n');
}
