import { expect, test } from 'vitest';
import { peerPlotName } from '../src/report/plots/all-plots.js';
import { latencyPlot } from '../src/report/plots/latency.js';
import { peersPlot } from '../src/report/plots/peers.js';
import { writtenBytesPlot } from '../src/report/plots/written-bytes.js';

test('a plot is one SVG with its title and its values', () => {
  const svg = peersPlot('Publish one message', [
    {
      peer: 'a',
      isOurs: true,
      operation: '',
      perSecond: 9000,
      range: [8000, 9900],
      p50Ms: 7,
      p99Ms: 17,
      durability: '',
    },
    {
      peer: 'b',
      operation: '',
      perSecond: 7000,
      range: [6800, 7100],
      p50Ms: 9,
      p99Ms: 12,
      durability: '',
    },
  ]);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).toContain('<title>Publish one message</title>');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).toContain('9000');
  expect(svg).not.toContain('NaN');
});

test('nothing measured, nothing drawn', () => {
  expect(latencyPlot([])).toBeUndefined();
  expect(writtenBytesPlot([])).toBeUndefined();
});

test('the file of a plot is named after the operation', () => {
  expect(peerPlotName('Publish, receive, ack: one message')).toBe(
    'peers-publish-receive-ack-one-message.svg',
  );
});
