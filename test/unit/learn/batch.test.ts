import { describe, expect, test } from '@jest/globals';
import { create, createPipeline, type Spec } from '../../../runtime/learn/catalog.js';
import { chiSquareTail, fTail } from '../../../runtime/learn/numeric/distributions.js';
import { copyOf, dataSet, expectClose, expected } from './oracle.js';

const said = expected('batch');
const breast = dataSet('breast');
const digits = dataSet('digits');
const iris = dataSet('iris');

/** Every 30th row, transformed by a copy that went through JSON, is what scikit-learn says. */
function compareRows(transform: any, rows: { vector: Float64Array }[], wanted: number[][], bound = 1e-9): void {
  const copy = copyOf(transform);
  wanted.forEach((values, i) => {
    const made = copy.transformOne(rows[i * 30].vector);
    expect(made.length).toBe(values.length);
    for (let c = 0; c < values.length; c++) expectClose(made[c], values[c], bound, `row ${i * 30}, column ${c}`);
  });
}

describe('bins', () => {
  test.each([
    ['quantile', { type: 'KBinsDiscretizer', n_bins: 5 }, breast],
    ['quantile_many_ties', { type: 'KBinsDiscretizer', n_bins: 10 }, digits],
    ['uniform', { type: 'KBinsDiscretizer', n_bins: 7, strategy: 'uniform' }, breast],
  ] as [string, Spec, typeof breast][])('%s bins are scikit-learn’s', (name, spec, data) => {
    const discretizer = create(spec).fit(data.rows.map(({ vector }) => vector));
    compareRows(discretizer, data.rows, said.k_bins[name]);
  });

  test('a sample keeps quantiles near those of all values', () => {
    const discretizer = create({ type: 'KBinsDiscretizer', n_bins: 4, sample_size: 1000, seed: 3 });
    for (let i = 0; i < 20_000; i++) discretizer.learnOne([(i * 7919) % 10_007]);
    const bins = [0, 0, 0, 0];
    for (let v = 0; v < 10_007; v++) bins[discretizer.transformOne([v])[0]]++;
    // The share of a quarter in a sample of 1000 has a standard deviation of 1.4 %; five of them.
    for (const count of bins) expect(Math.abs(count / 10_007 - 0.25)).toBeLessThan(0.07);
  });

  test('given edges are NumPy’s digitize', () => {
    const bucketizer = create({ type: 'Bucketizer', splits: { sl: [4.9, 5.8, 6.4] } });
    expect(iris.rows.map(({ x }) => bucketizer.transformOne(x).sl)).toEqual(said.digitize);
    expect(() => create({ type: 'Bucketizer', splits: { a: [2, 1] } })).toThrow('edges of a must ascend');
  });

  test('the binarizer is scikit-learn’s', () => {
    compareRows(create({ type: 'Binarizer', threshold: 3 }), iris.rows, said.binarizer);
  });
});

describe('products', () => {
  test.each([
    ['polynomial', { type: 'PolynomialExtender', degree: 3, include_bias: true }],
    ['interaction', { type: 'PolynomialExtender', interaction_only: true }],
  ] as [string, Spec][])('%s features have River’s names and values', (name, spec) => {
    let extender = create(spec);
    said[name].forEach((wanted: Record<string, number>, i: number) => {
      const made = extender.transformOne(iris.rows[i * 30].x);
      expect(Object.keys(made).sort()).toEqual(Object.keys(wanted).sort());
      for (const feature in wanted) expectClose(made[feature], wanted[feature], 1e-9, feature);
      extender = copyOf(extender);
    });
  });

  test('they come in scikit-learn’s order', () => {
    const extender = create('PolynomialExtender');
    said.polynomial_sklearn.forEach((wanted: number[], i: number) => {
      const made: number[] = Object.values(extender.transformOne(iris.rows[i * 30].x));
      expect(made.length).toBe(wanted.length);
      for (let c = 0; c < wanted.length; c++) expectClose(made[c], wanted[c]);
    });
  });
});

describe('selection', () => {
  const chosen = (selector: any, x: any): number[] => {
    const row: Float64Array = selector.transformOne(x);
    return [...row.keys()].filter((i) => !Number.isNaN(row[i]));
  };
  const fitted = (spec: Spec, data: typeof breast): any =>
    create(spec).fit(
      data.rows.map(({ vector }) => vector),
      data.rows.map(({ y }) => y),
    );

  test('by variance as River', () => {
    const selector = create({ type: 'VarianceThreshold', threshold: 0.3 });
    for (const { x } of iris.rows) selector.learnOne(x);
    expect(Object.keys(copyOf(selector).transformOne(iris.rows[0].x)).sort()).toEqual(said.variance);
  });

  test('χ² scores, p-values and choice are scikit-learn’s', () => {
    const selector = fitted({ type: 'SelectKBest', score: 'chi2', k: 20 }, digits);
    Object.values(selector.scores()).forEach((made: any, i) => {
      if (said.chi2.score[i] === null) {
        expect(made.score).toBeNaN();
        return;
      }
      expectClose(made.score, said.chi2.score[i]);
      expectClose(made.pValue, said.chi2.p[i]);
    });
    expect(chosen(copyOf(selector), digits.rows[0].vector)).toEqual(said.chi2.best20);
  });

  test('F scores, p-values and choices are scikit-learn’s', () => {
    const selector = fitted({ type: 'SelectKBest', k: 7 }, breast);
    Object.values(selector.scores()).forEach((made: any, i) => {
      expectClose(made.score, said.f_classif.score[i]);
      expectClose(made.pValue, said.f_classif.p[i]);
    });
    expect(chosen(copyOf(selector), breast.rows[0].vector)).toEqual(said.f_classif.best7);
    const byChance = fitted({ type: 'SelectKBest', alpha: 1e-6 }, breast);
    expect(chosen(byChance, breast.rows[0].vector)).toEqual(said.f_classif.fpr);
  });

  test('mutual information is scikit-learn’s', () => {
    const selector = fitted({ type: 'SelectKBest', score: 'mutual_info', k: 5 }, digits);
    Object.values(copyOf(selector).scores()).forEach((made: any, i) => {
      expectClose(made.score, said.mutual_info[i]);
    });
  });

  test('in a stream the choice is renewed as rows come', () => {
    const selector = create({ type: 'SelectKBest', k: 1, refresh_every: 10 });
    for (let i = 0; i < 10; i++) selector.learnOne({ a: i % 2, b: i % 3 }, i % 2 === 0);
    expect(Object.keys(selector.transformOne({ a: 1, b: 1 }))).toEqual(['a']);
    for (let i = 0; i < 90; i++) selector.learnOne({ a: i % 5, b: i % 2 }, i % 2 === 0);
    expect(Object.keys(selector.transformOne({ a: 1, b: 1 }))).toEqual(['b']);
  });

  test('tails of χ² and F are SciPy’s', () => {
    for (const [x, dof, p] of said.tails.chi2) expectClose(chiSquareTail(x, dof) / p, 1, 1e-9, `χ² ${x}, ${dof}`);
    for (const [x, d1, d2, p] of said.tails.f) expectClose(fTail(x, d1, d2) / p, 1, 1e-9, `F ${x}, ${d1}, ${d2}`);
  });
});

describe('reduction', () => {
  test('principal components are scikit-learn’s', () => {
    const scaler = create('StandardScaler');
    for (const { vector } of breast.rows) scaler.learnOne(vector);
    const scaled = breast.rows.map(({ vector }) => ({ vector: scaler.transformOne(vector) }));
    const pca = create({ type: 'PCA', n_components: 5 }).fit(scaled.map(({ vector }) => vector));
    compareRows(pca, scaled, said.pca.rows);
    said.pca.variance.forEach((wanted: number, c: number) => {
      expectClose(pca.explainedVariance[c], wanted);
      expectClose(pca.explainedVarianceRatio[c], said.pca.ratio[c]);
    });
  });

  test('whitened, too', () => {
    const pca = create({ type: 'PCA', n_components: 3, whiten: true }).fit(iris.rows.map(({ vector }) => vector));
    compareRows(pca, iris.rows, said.pca_whiten);
  });

  test('a random projection has scikit-learn’s matrix', () => {
    const projection = create({ type: 'GaussianRandomProjection', n_components: 6, seed: 7 });
    projection.transformOne(digits.rows[0].vector);
    compareRows(projection, digits.rows, said.random_projection);
  });

  test('inside of a pipeline, with dictionaries, components have names', () => {
    const model = createPipeline(['StandardScaler', { type: 'PCA', n_components: 2 }, 'SoftmaxRegression']);
    for (let epoch = 0; epoch < 3; epoch++) for (const { x, y } of iris.rows) model.learnOne(x, y);
    const right = iris.rows.filter(({ x, y }) => copyOf(model).predictOne(x) === y).length;
    expect(right).toBeGreaterThan(100);
    const reduced = createPipeline(['StandardScaler', { type: 'PCA', n_components: 2 }]);
    for (const { x } of iris.rows) reduced.learnOne(x);
    expect(Object.keys(reduced.transformOne(iris.rows[0].x))).toEqual(['pc0', 'pc1']);
  });
});
