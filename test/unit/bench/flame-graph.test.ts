import { expect, test } from '@jest/globals';
import { type CpuProfile, flameGraph, hotSpots } from '../../../bench/profile/flame-graph.js';

const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber });
/** main calls read (30 µs) and decode (60 µs); nothing runs for 1,000 µs. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5] },
    { id: 2, callFrame: frame('main', 'file:///app/dist/cli/main.js', 9), children: [3, 4] },
    { id: 3, callFrame: frame('read<T>') },
    { id: 4, callFrame: frame('decode', 'file:///app/dist/runtime/formats/json.js', 4) },
    { id: 5, callFrame: frame('(idle)') },
  ],
  samples: [2, 3, 4, 4, 5],
  timeDeltas: [10, 30, 40, 20, 1000],
};

test('hot spots are shares of the time in which something ran', () => {
  expect(hotSpots(PROFILE, 2)).toEqual([
    { name: 'decode', place: 'runtime/formats/json.js:5', share: 0.6 },
    { name: 'read<T>', place: '', share: 0.3 },
  ]);
});

test('the drawing has a box a function, as wide as its share, names escaped', () => {
  const svg = flameGraph(PROFILE, 'q0');
  expect(svg).toContain('<title>decode runtime/formats/json.js:5 — 60.0 %</title><rect x="0.0" y="51" width="960.0"');
  expect(svg).toContain('read&lt;T&gt;');
  expect(svg).not.toContain('idle');
});
