/**
 * Every class of this library by name: {@link create} makes one from plain data, {@link restore} gives one back from its
 * JSON. Names and parameters are River's and scikit-learn's, parameters in either `camelCase` or `snake_case`.
 */
import { HalfSpaceTrees } from './anomaly/half-space-trees.js';
import { GaussianNB } from './bayes/gaussian-nb.js';
import { MultinomialNB } from './bayes/multinomial-nb.js';
import { KMeans } from './cluster/k-means.js';
import { Discard, Select } from './compose/columns.js';
import { Pipeline } from './compose/pipeline.js';
import { TransformerUnion } from './compose/transformer-union.js';
import { ADWIN } from './drift/adwin.js';
import { DDM } from './drift/ddm.js';
import { KSWIN } from './drift/kswin.js';
import { PageHinkley } from './drift/page-hinkley.js';
import { FeatureHasher } from './encode/feature-hasher.js';
import { OneHotEncoder } from './encode/one-hot-encoder.js';
import { OrdinalEncoder } from './encode/ordinal-encoder.js';
import { TargetEncoder } from './encode/target-encoder.js';
import { VectorAssembler } from './encode/vector-assembler.js';
import { TidewheelError } from './errors.js';
import { Prequential } from './evaluate/prequential.js';
import { ARFClassifier } from './forest/arf-classifier.js';
import { ImageDecoder } from './image/image-decoder.js';
import { ImageNormalizer } from './image/image-normalizer.js';
import { ImageResizer } from './image/image-resizer.js';
import { LinearRegression } from './linear/linear-regression.js';
import { LogisticRegression } from './linear/logistic-regression.js';
import { PAClassifier } from './linear/pa-classifier.js';
import { PARegressor } from './linear/pa-regressor.js';
import { SoftmaxRegression } from './linear/softmax-regression.js';
import { Accuracy, F1, FBeta, Precision, Recall } from './metric/classification.js';
import { ConfusionMatrix } from './metric/confusion-matrix.js';
import { CrossEntropy } from './metric/cross-entropy.js';
import { LogLoss } from './metric/log-loss.js';
import { HitRate, ReciprocalRank } from './metric/ranking.js';
import { MAE, MSE, R2, RMSE } from './metric/regression.js';
import { ExactROCAUC, ROCAUC } from './metric/roc-auc.js';
import { Rolling } from './metric/rolling.js';
import { RollingROCAUC } from './metric/rolling-roc-auc.js';
import { NetworkClassifier } from './neural/network-classifier.js';
import { NetworkRegressor } from './neural/network-regressor.js';
import { Binarizer } from './preprocess/binarizer.js';
import { Bucketizer } from './preprocess/bucketizer.js';
import { KBinsDiscretizer } from './preprocess/k-bins-discretizer.js';
import { MaxAbsScaler } from './preprocess/max-abs-scaler.js';
import { MinMaxScaler } from './preprocess/min-max-scaler.js';
import { Normalizer } from './preprocess/normalizer.js';
import { PolynomialExtender } from './preprocess/polynomial-extender.js';
import { RobustScaler } from './preprocess/robust-scaler.js';
import { StandardScaler } from './preprocess/standard-scaler.js';
import { StatImputer } from './preprocess/stat-imputer.js';
import { BiasedMF } from './recommend/biased-mf.js';
import { Swing } from './recommend/swing.js';
import { GaussianRandomProjection } from './reduce/gaussian-random-projection.js';
import { PCA } from './reduce/pca.js';
import { SelectKBest } from './select/select-k-best.js';
import { VarianceThreshold } from './select/variance-threshold.js';
import type { LearnJson } from './state.js';
import { BagOfWords } from './text/bag-of-words.js';
import { CountVectorizer } from './text/count-vectorizer.js';
import { TFIDF } from './text/tf-idf.js';
import { TokenSequence } from './text/token-sequence.js';
import { HoeffdingTreeClassifier } from './tree/hoeffding-tree-classifier.js';

interface LearnClass {
  new (...params: any[]): any;
  fromJSON(json: LearnJson, restore: (json: LearnJson) => any): any;
}

const LEARNERS = {
  LinearRegression,
  LogisticRegression,
  SoftmaxRegression,
  PAClassifier,
  PARegressor,
  GaussianNB,
  MultinomialNB,
  HoeffdingTreeClassifier,
  ARFClassifier,
  KMeans,
  HalfSpaceTrees,
  NetworkClassifier,
  NetworkRegressor,
} as const;
const RECOMMENDERS = { BiasedMF, Swing } as const;
const TRANSFORMERS = {
  StandardScaler,
  MinMaxScaler,
  MaxAbsScaler,
  RobustScaler,
  Normalizer,
  Binarizer,
  Bucketizer,
  KBinsDiscretizer,
  PolynomialExtender,
  StatImputer,
  OneHotEncoder,
  OrdinalEncoder,
  TargetEncoder,
  FeatureHasher,
  VectorAssembler,
  BagOfWords,
  CountVectorizer,
  TFIDF,
  TokenSequence,
  VarianceThreshold,
  SelectKBest,
  PCA,
  GaussianRandomProjection,
  ImageDecoder,
  ImageResizer,
  ImageNormalizer,
  Select,
  Discard,
} as const;
const METRICS = {
  Accuracy,
  Precision,
  Recall,
  F1,
  FBeta,
  ConfusionMatrix,
  LogLoss,
  CrossEntropy,
  ROCAUC,
  RollingROCAUC,
  ExactROCAUC,
  MAE,
  MSE,
  RMSE,
  R2,
  HitRate,
  ReciprocalRank,
} as const;
const DRIFT_DETECTORS = { ADWIN, DDM, KSWIN, PageHinkley } as const;

const CLASSES = new Map<string, LearnClass>(
  Object.entries({
    ...LEARNERS,
    ...TRANSFORMERS,
    ...METRICS,
    ...DRIFT_DETECTORS,
    ...RECOMMENDERS,
    Pipeline,
    TransformerUnion,
    Rolling,
    Prequential,
  } as Record<string, LearnClass>),
);

/** The names that {@link create} knows, by kind. */
export const CATALOG: {
  readonly learners: readonly string[];
  readonly transformers: readonly string[];
  readonly metrics: readonly string[];
  readonly driftDetectors: readonly string[];
  readonly recommenders: readonly string[];
} = {
  learners: Object.keys(LEARNERS),
  transformers: Object.keys(TRANSFORMERS),
  metrics: Object.keys(METRICS),
  driftDetectors: Object.keys(DRIFT_DETECTORS),
  recommenders: Object.keys(RECOMMENDERS),
};

/**
 * An algorithm named in plain data: `'StandardScaler'`, or `{ type: 'ADWIN', delta: 0.01 }`. `{ type: 'Pipeline', steps: […] }`,
 * `{ type: 'TransformerUnion', parts: […] }` and `{ type: 'Rolling', metric: … }` hold others.
 */
export type Spec = string | { readonly type: string; readonly [param: string]: unknown };

function classOf(type: unknown): LearnClass {
  const found = CLASSES.get(type as string);
  if (!found) {
    throw new TidewheelError(
      'TW7106',
      `nothing is called ${String(type)}: known are ${[...CLASSES.keys()].sort().join(', ')}`,
    );
  }
  return found;
}

/** Makes what `spec` names. Throws `TW7106` for no such name, `TW7101` for bad parameters. */
export function create(spec: Spec): any {
  const { type, ...params }: { type: string; [param: string]: any } = typeof spec === 'string' ? { type: spec } : spec;
  if (type === Pipeline.type) return new Pipeline(...(params.steps ?? []).map(create));
  if (type === TransformerUnion.type) return new TransformerUnion(...(params.parts ?? []).map(create));
  if (type === Rolling.type) {
    return new Rolling({ metric: create(params.metric), windowSize: params.windowSize ?? params.window_size });
  }
  return new (classOf(type))(camelKeys(params));
}

/** Makes a pipeline of what the specs name, in order. */
export function createPipeline(specs: readonly Spec[]): Pipeline {
  return new Pipeline(...specs.map(create));
}

/** The object that `json` is the state of. Throws `TW7106`, `TW7104` or `TW7105`. */
export function restore(json: LearnJson): any {
  return classOf(json?.type).fromJSON(json, restore);
}

function camelKeys(params: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [
      key.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
