/**
 * The project's own online learners and pipelines, from their JSON (`toJSON` of runtime/learn).
 *
 * Features are columns by name (FP64, BYTES, or any other type), each of shape [-1]; one that is left out is missing. A learner
 * of vectors has the one input `features` of shape [-1, n]. Outputs by kind:
 *
 * - two classes, false and true: `label` BOOL, `probability` FP64 (of true)
 * - other classes: `label` (BOOL or FP64 where all are booleans or numbers, else BYTES), `probability` FP64 (of that label)
 * - a number: `prediction` FP64 · groups: `cluster` INT32 · unusual rows: `score` FP64
 * - recommenders: `recommended` BYTES, ten items as a JSON list; `prediction` FP64, the rating of the product asked about
 * - pipelines that end in a transform: `row` BYTES, the record as JSON
 */
import { TidewheelError } from '../../../api/errors.js';
import { attachTensorFlow, type LearnJson, loadLibraries, networksOf, restore } from '../../learn/index.js';
import type { FeatureRecord, LoadedModel, ModelFiles, ModelSignature, TensorSpec, Tensors } from '../contract.js';
import { allocate, elementCount, elementOf, setElement } from '../tensor.js';

/** Throws TW7201, TW7202. */
export async function openLearner(files: ModelFiles): Promise<LoadedModel> {
  const [name, bytes] = [...files].find(([file]) => file.endsWith('.json')) ?? [...files][0];
  let json: LearnJson;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new TidewheelError('TW7202', `${name} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  let learner: any;
  try {
    learner = restore(json);
  } catch (error) {
    const message = (error as Error).message;
    const code = error instanceof TidewheelError && error.code === 'TW7106' ? 'TW7205' : 'TW7202';
    throw new TidewheelError(code, `${name} is not the state of a learner: ${message}`, { cause: error });
  }
  await loadLibraries(learner);
  if (networksOf(learner).length > 0) {
    const { trainingTensorFlow } = await import('../tf/training.js');
    await attachTensorFlow(await trainingTensorFlow(), learner);
  }
  return new LearnerModel(learner);
}

/** Items that a recommender names. */
const RECOMMENDED = 10;

/** The answers of a kind of learner: what it gives, and how. */
interface Answers {
  readonly outputs: readonly TensorSpec[];
  ask(x: any): Record<string, unknown>;
  /** Many in one call, where the learner can do that (networks). */
  askMany?(xs: readonly any[]): Record<string, unknown>[];
}

class LearnerModel implements LoadedModel {
  readonly format = 'tidewheel' as const;
  readonly backend = 'tidewheel' as const;
  readonly signature: ModelSignature;
  private readonly answers: Answers;
  /** Number of positions of a learner of vectors. */
  private readonly positions: number | undefined;

  constructor(learner: any) {
    this.answers = answersOf(learner);
    const { names, positional } = featuresOf(learner);
    this.positions = positional ? names.length : undefined;
    const inputs: TensorSpec[] = positional
      ? [{ name: 'features', datatype: 'FP64', shape: [-1, names.length] }]
      : names.map((feature) => ({ name: feature, datatype: 'FP64', shape: [-1], optional: true }));
    this.signature = { inputs, outputs: this.answers.outputs, ...(positional ? {} : { openInputs: true }) };
  }

  predictRow(row: FeatureRecord): Record<string, unknown> {
    return asked(() => this.answers.ask(this.input(row)));
  }

  predictRows(rows: readonly FeatureRecord[]): Record<string, unknown>[] {
    const { answers } = this;
    const inputs = rows.map((row) => this.input(row));
    if (inputs.length === 0) return [];
    return asked(() => (answers.askMany ? answers.askMany(inputs) : inputs.map((x) => answers.ask(x))));
  }

  private input(row: FeatureRecord): unknown {
    return this.positions === undefined ? row : row.features;
  }

  predict(inputs: Tensors): Tensors {
    const columns = Object.entries(inputs);
    const rows = columns[0]?.[1].shape[0] ?? 0;
    const out = this.answers.outputs.map((spec) => ({ spec, data: allocate(spec.datatype, rows) }));
    const records = Array.from({ length: rows }, (_, row) =>
      this.positions === undefined ? record(columns, row) : vector(inputs, row),
    );
    this.predictRows(records).forEach((answer, row) => {
      for (const { spec, data } of out) {
        const value = answer[spec.name] ?? missing(spec.datatype);
        setElement(spec.name, spec.datatype, data, row, spec.datatype === 'BYTES' ? text(value) : value);
      }
    });
    return Object.fromEntries(
      out.map(({ spec, data }) => [spec.name, { datatype: spec.datatype, shape: [rows], data }]),
    );
  }

  close(): void {}
}

function asked<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof TidewheelError) throw new TidewheelError('TW7203', error.message, { cause: error });
    throw error;
  }
}

function record(columns: readonly (readonly [string, Tensors[string]])[], row: number): FeatureRecord {
  const out: Record<string, unknown> = {};
  for (const [name, tensor] of columns) {
    const value = elementOf(tensor, row);
    // NaN stands for a missing value, as in a record of the stream it is null.
    if (!(typeof value === 'number' && Number.isNaN(value)))
      out[name] = typeof value === 'bigint' ? Number(value) : value;
  }
  return out;
}

function vector(inputs: Tensors, row: number): FeatureRecord {
  const tensor = inputs.features;
  const width = elementCount(tensor.shape.slice(1));
  return { features: Array.from({ length: width }, (_, i) => Number(elementOf(tensor, row * width + i))) };
}

function answersOf(learner: any): Answers {
  const last = learner.model ?? learner;
  const kind: string = learner.kind;
  switch (kind) {
    case 'classifier':
      return typeof last.probabilityOne === 'function' ? twoClasses(learner) : manyClasses(learner, last);
    case 'regressor':
      return {
        outputs: [{ name: 'prediction', datatype: 'FP64', shape: [-1] }],
        ask: (x) => ({ prediction: learner.predictOne(x) }),
        ...many(learner, (prediction) => ({ prediction })),
      };
    case 'recommender':
      return recommender(learner);
    case 'clusterer':
      return {
        outputs: [{ name: 'cluster', datatype: 'INT32', shape: [-1] }],
        ask: (x) => ({ cluster: learner.predictOne(x) }),
      };
    case 'anomaly':
      return {
        outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
        ask: (x) => ({ score: learner.scoreOne(x) }),
      };
    case 'transformer':
      return {
        outputs: [{ name: 'row', datatype: 'BYTES', shape: [-1] }],
        ask: (x) => ({ row: learner.transformOne(x) }),
      };
    default:
      throw new TidewheelError('TW7205', `a ${kind ?? 'value of this type'} can’t be asked for a prediction`);
  }
}

/** `askMany` of a learner that answers many rows in one call. */
function many(learner: any, answer: (said: any) => Record<string, unknown>): Pick<Answers, 'askMany'> {
  return learner.predictMany && learner.kind !== 'transformer'
    ? {
        askMany: (xs) =>
          (learner.steps ? learner.predictMany(xs) : learner.predictMany(xs, (x: unknown) => x)).map(answer),
      }
    : {};
}

function twoClasses(learner: any): Answers {
  const answer = (probability: number) => ({ label: probability > 0.5, probability });
  return {
    outputs: [
      { name: 'label', datatype: 'BOOL', shape: [-1] },
      { name: 'probability', datatype: 'FP64', shape: [-1] },
    ],
    ask: (x) => answer(learner.probabilityOne(x)),
    ...many(learner, (probabilities) => answer(probabilities.get(true))),
  };
}

function manyClasses(learner: any, last: any): Answers {
  const known: unknown[] = last.classes ?? last.labels?.labels ?? [];
  const all = (type: string) => known.length > 0 && known.every((label) => typeof label === type);
  const datatype = all('boolean') ? 'BOOL' : all('number') ? 'FP64' : 'BYTES';
  const answer = (probabilities: ReadonlyMap<unknown, number>) => {
    let label: unknown;
    let probability = 0;
    for (const [candidate, share] of probabilities) {
      if (label === undefined || share > probability) [label, probability] = [candidate, share];
    }
    return { label, probability };
  };
  return {
    outputs: [
      { name: 'label', datatype, shape: [-1] },
      { name: 'probability', datatype: 'FP64', shape: [-1] },
    ],
    ask: (x) => answer(learner.predictProbaOne(x)),
    ...many(learner, answer),
  };
}

/** The first value of a record is the customer; a second is a product, whose expected rating is asked for. */
function recommender(learner: any): Answers {
  return {
    outputs: [
      { name: 'recommended', datatype: 'BYTES', shape: [-1] },
      ...(learner.predictOne ? [{ name: 'prediction', datatype: 'FP64', shape: [-1] } as const] : []),
    ],
    ask: (x) => {
      const [user, item] = Object.values(x as FeatureRecord);
      const recommended = learner.recommend(user, RECOMMENDED).map((r: { item: unknown }) => r.item);
      return {
        recommended,
        prediction: learner.predictOne && item != null ? learner.predictOne(user, item) : undefined,
      };
    },
  };
}

/** The features that the learner has seen, where it keeps an index of them. */
function featuresOf(learner: any): { readonly names: readonly string[]; readonly positional: boolean } {
  const first = learner.steps?.[0] ?? learner;
  const index = first.input;
  return { names: index?.names ?? [], positional: index?.positional === true };
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value instanceof Float64Array ? [...value] : value) : String(value);
}

function missing(datatype: string): unknown {
  return datatype === 'BYTES' ? '' : datatype === 'FP64' ? Number.NaN : 0;
}
