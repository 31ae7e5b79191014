/** Options of CREATE MODEL and of CONFIG, by provider, with what each may be. */
import { MODEL_PROVIDERS, type ModelProvider } from '../../graph/model-steps.js';
import { parseDuration } from '../../time/duration.js';
import { type Place, SqlError } from '../error.js';
import { optionsLike } from './options.js';

export interface ModelOptionInfo {
  readonly description: string;
  readonly kind: 'text' | 'count' | 'duration' | 'number' | 'flag' | 'json';
  readonly values?: readonly string[];
  readonly required?: boolean;
}

const REGISTRY: Readonly<Record<string, ModelOptionInfo>> = {
  registry: {
    description:
      'Where versions are kept: a folder (relative to the job file) or s3://bucket/prefix. Default: the environment variable TIDEWHEEL_MODELS, else ./models-store',
    kind: 'text',
  },
  's3.endpoint': { description: 'URL of the store of an s3:// registry. Default: TIDEWHEEL_S3_ENDPOINT', kind: 'text' },
  's3.region': { description: 'Region for signatures', kind: 'text' },
  's3.access-key': { description: 'Default: TIDEWHEEL_S3_ACCESS_KEY', kind: 'text' },
  's3.secret-key': { description: 'Default: TIDEWHEEL_S3_SECRET_KEY', kind: 'text' },
  name: { description: 'Name in the registry. Default: the name in SQL', kind: 'text' },
};

const CALLS: Readonly<Record<string, ModelOptionInfo>> = {
  'batch-rows': { description: 'Rows of a call at most', kind: 'count' },
  'max-concurrent-operations': { description: 'Calls under way at once', kind: 'count' },
  'version-column': { description: 'Adds a STRING column of that name with the version that answered', kind: 'text' },
  task: { description: 'What the model does; ML_EVALUATE chooses its metrics by it', kind: 'text' },
};

/** Flink's, which say nothing here: calls are always asynchronous where the model's backend is, and order is always kept. */
const FLINKS: Readonly<Record<string, ModelOptionInfo>> = {
  async: { description: 'Without effect: Flink’s', kind: 'flag' },
  'output-mode': {
    description: 'Without effect: order is kept',
    kind: 'text',
    values: ['ordered', 'allow_unordered', 'ORDERED', 'ALLOW_UNORDERED'],
  },
};

export const MODEL_OPTIONS: Readonly<Record<ModelProvider, Readonly<Record<string, ModelOptionInfo>>>> = {
  tidewheel: {
    ...REGISTRY,
    version: { description: 'A fixed version. Default: the promoted one, followed as it changes', kind: 'text' },
    'when-missing': {
      description:
        'While nothing is promoted: fail (the default; the job tries again), or null, rows go on without an answer',
      kind: 'text',
      values: ['fail', 'null'],
    },
    path: { description: 'A model’s file or folder, in place of a registry', kind: 'text' },
    'poll-interval': { description: 'How often the promoted version is looked at. Default 2s', kind: 'duration' },
    format: { description: 'Format of the file at path, where it can’t be told', kind: 'text' },
    ...CALLS,
    ...FLINKS,
  },
  oip: {
    endpoint: { description: 'URL of the server, e.g. http://fraud:8080', kind: 'text', required: true },
    name: { description: 'Name of the model there. Default: the name in SQL', kind: 'text' },
    version: { description: 'Version to ask. Default: the server’s choice', kind: 'text' },
    timeout: { description: 'A call that takes longer is tried again. Default 30s', kind: 'duration' },
    'max-attempts': { description: 'Tries of a call before the job fails. Default 8', kind: 'count' },
    'retry.initial-delay': { description: 'Before the second try; it doubles. Default 100ms', kind: 'duration' },
    'retry.max-delay': { description: 'Default 10s', kind: 'duration' },
    'when-missing': {
      description:
        'While the server has no model ready: fail (the default; the job tries again), or null, rows go on without an answer',
      kind: 'text',
      values: ['fail', 'null'],
    },
    authorization: { description: 'Header Authorization, e.g. Bearer ${env:TOKEN}', kind: 'text' },
    ...CALLS,
    ...FLINKS,
  },
  learner: {
    pipeline: {
      description: 'JSON: a list of steps like ["StandardScaler", "LogisticRegression"], or one learner',
      kind: 'json',
      required: true,
    },
    horizon: { description: 'How long a row waits for its label. Default: for ever', kind: 'duration' },
    'publish.name': { description: 'Publishes what was learnt as versions of that model', kind: 'text' },
    'publish.every': { description: 'After so many labelled rows each. Default 10000', kind: 'count' },
    'publish.metric': { description: 'Metric of the gate. Default Accuracy, for numbers MAE', kind: 'text' },
    'publish.window': { description: 'Labelled rows that the gate looks at. Default 1000', kind: 'count' },
    'publish.threshold': { description: 'What the metric must reach', kind: 'number' },
    'publish.margin': {
      description: 'How much better it must be than the promoted version. Default: not compared',
      kind: 'number',
    },
    'publish.promote': { description: 'Whether a version that passes is promoted. Default true', kind: 'flag' },
    'top-n': { description: 'Recommenders: items in the column `recommended`', kind: 'count' },
    'drift.detector': {
      description:
        'Watches the learner’s errors: ADWIN, DDM, PageHinkley or KSWIN, or JSON with parameters. Its alarm begins the learner again',
      kind: 'text',
    },
    'drift.signal': {
      description: 'Column of the input: a row in which it is not NULL is an alarm, and nothing to learn',
      kind: 'text',
    },
    'drift.action': {
      description:
        'reset (the default): a fresh learner. retrain: one that has learnt the latest drift.window labelled rows',
      kind: 'text',
      values: ['reset', 'retrain'],
    },
    'drift.window': { description: 'Labelled rows kept for retraining. Default 1000', kind: 'count' },
    'fit.epochs': {
      description: 'Batch training: gathers the bounded input, and learns it at its end, so many times at most',
      kind: 'count',
    },
    'fit.patience': {
      description: 'Epochs without a lower loss over the held-back rows before training ends. Default 3',
      kind: 'count',
    },
    'fit.validation': { description: 'Share of the rows that is held back. Default 0.2', kind: 'number' },
    ...REGISTRY,
    ...CALLS,
    ...FLINKS,
  },
};

/** Throws for the first option that is unknown or has a wrong value. */
export function checkModelOptions(
  provider: ModelProvider,
  options: Readonly<Record<string, string>>,
  place: (key: string) => Place,
): void {
  const known = MODEL_OPTIONS[provider];
  for (const [key, value] of Object.entries(options)) {
    const info = Object.hasOwn(known, key) ? known[key] : undefined;
    if (!info) {
      throw new SqlError('TW2006', `provider '${provider}' has no option '${key}'`, place(key), {
        name: key,
        known: Object.keys(known),
        hint: optionsLike(key, Object.keys(known)),
      });
    }
    const expected = value.includes('${') ? undefined : wrong(info, value);
    if (expected) throw new SqlError('TW2006', `option '${key}' is '${value}'`, place(key), { expected });
  }
}

/** What would have been right; undefined: it is. */
function wrong(info: ModelOptionInfo, value: string): string | undefined {
  if (info.values && !info.values.includes(value)) return info.values.map((v) => `'${v}'`).join(' or ');
  switch (info.kind) {
    case 'count':
      return /^[1-9]\d{0,8}$/.test(value) ? undefined : 'a whole number from 1';
    case 'number':
      return value.trim() !== '' && Number.isFinite(Number(value)) ? undefined : 'a number';
    case 'flag':
      return /^(true|false)$/i.test(value) ? undefined : "'true' or 'false'";
    case 'duration':
      try {
        parseDuration(value);
        return undefined;
      } catch {
        return "a duration like '30s'";
      }
    case 'json':
      try {
        JSON.parse(value);
        return undefined;
      } catch {
        return 'JSON';
      }
    default:
      return undefined;
  }
}

export function isModelProvider(name: string): name is ModelProvider {
  return (MODEL_PROVIDERS as readonly string[]).includes(name);
}
