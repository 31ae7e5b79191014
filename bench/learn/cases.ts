import { readFileSync } from 'node:fs';
import { create, createPipeline } from '../../runtime/learn/catalog.js';

/** One workload: `round` makes a fresh model, goes through all rows once, and returns how many there were. */
export interface Case {
  readonly name: string;
  readonly round: () => number;
}

interface Row {
  readonly x: any;
  readonly vector: Float64Array;
  readonly y: any;
}

function rows(name: string): Row[] {
  const { columns, x, y } = JSON.parse(readFileSync(`test/unit/learn/data/${name}.json`, 'utf8'));
  return x.map((values: any[], i: number) => {
    const features: Record<string, any> = {};
    columns.forEach((column: string, c: number) => {
      features[column] = values[c];
    });
    return { x: features, vector: Float64Array.from(values, Number), y: y[i] };
  });
}

/** Keeps results alive, so that no work is optimised away. */
export let sink = 0;

function supervised(name: string, data: Row[], make: () => any, key: 'x' | 'vector', say: string): Case {
  return {
    name,
    round() {
      const model = make();
      for (const row of data) {
        const said = model[say](row[key]);
        if (typeof said === 'number') sink += said;
        model.learnOne(row[key], row.y);
      }
      return data.length;
    },
  };
}

function detector(name: string, values: readonly number[], spec: any): Case {
  return {
    name,
    round() {
      const made = create(spec);
      for (const value of values) if (made.update(value)) sink++;
      return values.length;
    },
  };
}

const TEXTS: string[] = JSON.parse(readFileSync('test/unit/learn/expected/text.json', 'utf8')).texts;
const { streams } = JSON.parse(readFileSync('test/unit/learn/expected/drift.json', 'utf8'));
const { ratings } = JSON.parse(readFileSync('test/unit/learn/expected/recommend.json', 'utf8'));

export function cases(): Case[] {
  const phishing = rows('phishing');
  const trump = rows('trump');
  const segments = rows('segments');
  const bananas = rows('bananas');
  const flares = rows('flares');
  const breast = rows('breast');
  const texts: Row[] = Array.from({ length: 500 }, (_, i) => ({
    x: TEXTS[i % TEXTS.length],
    vector: new Float64Array(0),
    y: i % TEXTS.length < 5,
  }));
  const logistic = (): any => createPipeline(['StandardScaler', 'LogisticRegression']);
  const linear = (): any =>
    createPipeline(['StandardScaler', { type: 'LinearRegression', optimizer: 'AdaGrad', intercept_lr: 0.1 }]);
  const softmax = (): any => createPipeline(['StandardScaler', 'SoftmaxRegression']);
  const spaces = (): any => createPipeline(['MinMaxScaler', { type: 'HalfSpaceTrees', seed: 1 }]);
  const hot = (): any => createPipeline(['OneHotEncoder', 'LogisticRegression']);
  const bag = (): any => createPipeline([{ type: 'BagOfWords', method: 'hyphen' }, 'MultinomialNB']);
  return [
    supervised('scaler | logistic regression (9 features)', phishing, logistic, 'x', 'probabilityOne'),
    supervised('scaler | logistic regression, vectors', phishing, logistic, 'vector', 'probabilityOne'),
    supervised('scaler | linear regression, AdaGrad (6)', trump, linear, 'x', 'predictOne'),
    supervised('scaler | softmax (18, 7 classes)', segments, softmax, 'x', 'predictProbaOne'),
    supervised('Gaussian naive Bayes (18, 7 classes)', segments, () => create('GaussianNB'), 'x', 'predictProbaOne'),
    supervised('Hoeffding tree (2 features)', bananas, () => create('HoeffdingTreeClassifier'), 'x', 'predictProbaOne'),
    supervised(
      'Hoeffding tree (18, 7 classes)',
      segments,
      () => create('HoeffdingTreeClassifier'),
      'x',
      'predictProbaOne',
    ),
    supervised('adaptive random forest, 10 trees (9)', phishing, () => create('ARFClassifier'), 'x', 'predictProbaOne'),
    supervised('one-hot | logistic regression (10)', flares, hot, 'x', 'probabilityOne'),
    supervised('bag of words | multinomial naive Bayes', texts, bag, 'x', 'predictProbaOne'),
    supervised('k-means, 5 clusters (2)', bananas, () => create('KMeans'), 'x', 'predictOne'),
    supervised('min-max | half-space trees (30)', breast, spaces, 'x', 'scoreOne'),
    {
      name: 'biased matrix factorisation (10 factors)',
      round() {
        const model = create({ type: 'BiasedMF', seed: 1 });
        for (const [u, i, y] of ratings) {
          sink += model.predictOne(u, i);
          model.learnOne(u, i, y);
        }
        return ratings.length;
      },
    },
    detector('ADWIN', streams.gauss, 'ADWIN'),
    detector('Page-Hinkley', streams.gauss, 'PageHinkley'),
    detector('KSWIN', streams.gauss, { type: 'KSWIN', seed: 1 }),
    detector('DDM', streams.binary, 'DDM'),
  ];
}
