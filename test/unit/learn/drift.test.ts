import { describe, expect, test } from '@jest/globals';
import { create, type Spec } from '../../../runtime/learn/catalog.js';
import { copyOf, expectClose, expected } from './oracle.js';

const said = expected('drift');

function compare(spec: Spec, values: readonly number[], wanted: any, state?: (detector: any) => number[]): void {
  let detector = create(spec);
  const drift: number[] = [];
  const warning: number[] = [];
  const states: number[][] = [];
  values.forEach((value, i) => {
    if (detector.update(value)) drift.push(i);
    if (detector.warningDetected) warning.push(i);
    if (state && i % 100 === 99) states.push(state(detector));
    if (i % 700 === 333) detector = copyOf(detector);
  });
  expect(drift).toEqual(wanted.drift);
  expect(warning).toEqual(wanted.warning);
  wanted.state.forEach((row: number[], i: number) => {
    for (let k = 0; k < row.length; k++) expectClose(states[i][k], row[k], 1e-9, `state ${k} at ${i * 100 + 99}`);
  });
}

describe('detectors raise the alarm at the same values as River', () => {
  const adwin = (d: any): number[] => [d.width, d.estimation, d.variance];

  test.each(['gauss', 'binary', 'errors'])('ADWIN on %s', (stream) => {
    compare('ADWIN', said.streams[stream], said.adwin[stream], adwin);
    const tight = { type: 'ADWIN', delta: 0.05, clock: 8, max_buckets: 3 };
    compare(tight, said.streams[stream], said.adwin_tight[stream], adwin);
  });

  test.each(['gauss', 'binary', 'errors'])('Page-Hinkley on %s', (stream) => {
    compare({ type: 'PageHinkley', threshold: 10 }, said.streams[stream], said.page_hinkley[stream]);
  });

  test.each(['up', 'down'])('Page-Hinkley for changes %s', (mode) => {
    const wanted = said.page_hinkley[`gauss_${mode}`];
    compare({ type: 'PageHinkley', threshold: 10, mode }, said.streams.gauss, wanted);
  });

  test.each(['gauss', 'binary', 'errors'])('KSWIN on %s, with the same draws', (stream) => {
    const spec = { type: 'KSWIN', alpha: 0.0005, seed: 42 };
    compare(spec, said.streams[stream], said.kswin[stream], (d) => [d.pValue]);
  });

  test.each(['binary', 'errors'])('DDM on %s', (stream) => {
    compare('DDM', said.streams[stream], said.ddm[stream]);
  });
});

test('the streams have alarms to compare', () => {
  expect(said.adwin.binary.drift.length).toBeGreaterThan(1);
  expect(said.page_hinkley.errors.drift.length).toBeGreaterThan(0);
  expect(said.kswin.gauss.drift.length).toBeGreaterThan(1);
  expect(said.ddm.errors.drift.length).toBeGreaterThan(0);
  expect(said.ddm.errors.warning.length).toBeGreaterThan(0);
});
