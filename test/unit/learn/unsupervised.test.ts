import { describe, expect, test } from '@jest/globals';
import { create, createPipeline } from '../../../runtime/learn/catalog.js';
import { copyOf, dataSet, expectClose, expected, kept } from './oracle.js';

const said = expected('cluster');

describe('k-means puts rows where River’s puts them', () => {
  test.each([
    ['iris', 'iris', { n_clusters: 3, halflife: 0.1, mu: 3, sigma: 2, seed: 42 }],
    ['bananas_p1', 'bananas', { n_clusters: 5, halflife: 0.4, p: 1, seed: 7 }],
  ] as const)('%s', (name, data, params) => {
    let model = create({ type: 'KMeans', ...params });
    const clusters: number[] = [];
    dataSet(data).rows.forEach(({ vector }, i) => {
      const cluster = model.predictOne(vector);
      if (kept(i)) clusters.push(cluster);
      model.learnOne(vector);
      if (i === 70) model = copyOf(model);
    });
    expect(clusters).toEqual(said.kmeans[name].clusters);
    said.kmeans[name].centers.forEach((centre: number[], c: number) => {
      for (let i = 0; i < centre.length; i++) expectClose(model.centers[c][i], centre[i]);
    });
  });
});

describe('half-space trees score as River’s, with the same trees', () => {
  test.each([
    ['breast', { n_trees: 5, height: 3, window_size: 50, seed: 42 }],
    ['bananas', { n_trees: 10, height: 8, window_size: 250, seed: 1 }],
  ] as const)('%s', (name, params) => {
    let model = createPipeline(['MinMaxScaler', { type: 'HalfSpaceTrees', ...params }]);
    const wanted = said.half_space[name];
    let at = 0;
    dataSet(name).rows.forEach(({ x }, i) => {
      const score = model.scoreOne(x);
      if (kept(i)) expectClose(score, wanted[at++], 1e-9, `row ${i}`);
      model.learnOne(x);
      if (i % 170 === 169) model = copyOf(model);
    });
    expect(at).toBe(wanted.length);
    expect(Math.max(...wanted)).toBeGreaterThan(0.5);
  });
});
