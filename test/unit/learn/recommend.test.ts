import { describe, expect, test } from '@jest/globals';
import { create, type Spec } from '../../../runtime/learn/catalog.js';
import { copyOf, expectClose, expected, kept } from './oracle.js';

const said = expected('recommend');

describe('biased matrix factorisation expects the ratings that River’s expects', () => {
  test.each([
    ['sgd', { type: 'BiasedMF', n_factors: 10, seed: 42 }],
    [
      'regularised',
      {
        type: 'BiasedMF',
        n_factors: 5,
        seed: 3,
        l2_bias: 0.02,
        l2_latent: 0.05,
        bias_optimizer: { type: 'SGD', lr: 0.05 },
        latent_optimizer: { type: 'AdaGrad', lr: 0.05 },
      },
    ],
  ] as [string, Spec][])('%s', (name, spec) => {
    let model = create(spec);
    let at = 0;
    said.ratings.forEach(([u, i, y]: number[], n: number) => {
      const p = model.predictOne(`u${u}`, i);
      if (kept(n)) expectClose(p, said.biased_mf[name][at++], 1e-9, `rating ${n}`);
      model.learnOne(`u${u}`, i, y);
      if (n === 1000) model = copyOf(model);
    });
    expect(at).toBe(said.biased_mf[name].length);
  });

  test('rank puts what a user likes first', () => {
    const model = create({ type: 'BiasedMF', n_factors: 4, latent_optimizer: { type: 'SGD', lr: 0.05 }, seed: 1 });
    for (let epoch = 0; epoch < 20; epoch++) for (const [u, i, y] of said.ratings) model.learnOne(u, i, y);
    const liked = said.ratings.filter(([u, , y]: number[]) => u === 0 && y >= 4).map(([, i]: number[]) => i % 2)[0];
    const best = model.rank(0, model.knownItems).slice(0, 10);
    expect(best.filter(({ item }: any) => item % 2 === liked).length).toBeGreaterThanOrEqual(9);
  });
});

describe('Swing', () => {
  const { pairs, scores, smoothed } = said.swing;

  test.each([
    ['its default smoothing', scores, { min_user_behavior: 3 }],
    ['other smoothing', smoothed, { min_user_behavior: 1, alpha1: 5, alpha2: 2, beta: 0.5 }],
  ] as const)('gives the similarities of the definition, with %s', (_, wanted, params) => {
    let model = create({ type: 'Swing', ...params });
    pairs.forEach(([u, i]: number[], n: number) => {
      model.learnOne(u, i);
      if (n === 100) model = copyOf(model);
    });
    const of = new Map<number, { item: number; score: number }[]>();
    let seen = 0;
    for (const [i, j, score] of wanted) {
      if (!of.has(i)) {
        of.set(i, model.similar(i));
        seen += of.get(i)?.length ?? 0;
      }
      const found = of.get(i)?.find(({ item }) => item === j);
      expectClose(found?.score ?? Number.NaN, score, 1e-9, `items ${i} and ${j}`);
    }
    expect(seen).toBe(wanted.length);
  });

  test('two users with two items each, worked out by hand', () => {
    const model = create({ type: 'Swing', min_user_behavior: 1, alpha1: 2, alpha2: 1, beta: 1 });
    for (const user of ['ann', 'bob']) for (const item of ['bread', 'butter']) model.learnOne(user, item);
    // Each weighs 1 / (2 + 2); the pair shares two items: 1/4 · 1/4 / (1 + 2).
    expect(model.similar('bread')).toEqual([{ item: 'butter', score: 1 / 48 }]);
    model.learnOne('cat', 'bread');
    expect(model.recommend('cat').map(({ item }: any) => item)).toEqual(['butter']);
  });

  test('the oldest choices of a user go when there are too many', () => {
    const model = create({ type: 'Swing', min_user_behavior: 1, max_user_behavior: 2 });
    for (const user of [1, 2]) for (const item of ['a', 'b', 'c']) model.learnOne(user, item);
    expect(model.similar('a')).toEqual([]);
    expect(model.similar('b').map(({ item }: any) => item)).toEqual(['c']);
  });
});
