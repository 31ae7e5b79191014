/** Steps of a graph body that use or train models → what the plan says of them. */
import type { GraphNode, Path } from '../../api/index.js';
import type {
  DriftSpec,
  EvaluateSpec,
  GuardSpec,
  LearnSpec,
  ModelColumn,
  ModelStepSpec,
  PublishSpec,
  QualitySpec,
  ScoreSpec,
} from '../graph/model-steps.js';
import { type DataType, type Field, type RowSchema, UNTYPED } from '../record/types.js';
import { checkModelOptions } from '../sql/catalog/model-options.js';
import { parseDuration } from '../time/duration.js';
import { parseColumns } from './columns.js';
import type { ProblemList } from './invalid-job.js';
import { flattenOptions } from './options.js';

export const MODEL_STEPS = ['score', 'learn', 'evaluate', 'drift'] as const;
export type ModelStepKind = (typeof MODEL_STEPS)[number];

/** A step of the plan, the columns of its rows, and by which columns rows come to it (none: all together; undefined: any). */
export interface PlannedModelStep {
  readonly spec: ModelStepSpec;
  readonly schema: RowSchema;
  readonly by: readonly string[] | undefined;
}

const ANY: DataType = { kind: 'ANY', nullable: true };

export class ModelStepPlanner {
  constructor(
    private readonly path: Path,
    private readonly input: RowSchema,
    private readonly problems: ProblemList,
  ) {}

  plan(node: GraphNode, kind: ModelStepKind): PlannedModelStep {
    switch (kind) {
      case 'score':
        return this.score(node.score!);
      case 'learn':
        return this.learn(node.learn!);
      case 'evaluate':
        return this.evaluate(node.evaluate!);
      default:
        return this.drift(node.drift!);
    }
  }

  private score(step: NonNullable<GraphNode['score']>): PlannedModelStep {
    const at = [...this.path, 'score'];
    const written = flattenOptions(
      step,
      ['model', 'provider', 'inputs', 'outputs', 'versionColumn'],
      at,
      this.problems,
    );
    const options: Record<string, string> = {};
    for (const [name, { value }] of written) options[name] = value;
    try {
      checkModelOptions(step.provider, options, () => ({ line: 1, column: 1 }));
    } catch (error) {
      this.problems.add('TW1302', at, (error as Error).message, { hint: (error as { hint?: string }).hint });
    }
    if (step.provider === 'oip' && !options.endpoint) {
      this.problems.add('TW1005', at, "provider 'oip' needs endpoint: the URL of the server");
    }
    if (step.model === undefined && options.path === undefined) {
      this.problems.add('TW1005', at, "'model' (a name in the registry) or 'path' (a file) must be set");
    }
    const outputs = this.columns(step.outputs, [...at, 'outputs']);
    const spec: ScoreSpec = {
      kind: 'other',
      transform: 'score',
      provider: step.provider,
      options: { ...(step.model === undefined ? {} : { name: step.model }), ...options },
      inputs: this.columns(step.inputs, [...at, 'inputs']),
      outputs,
      ...(step.versionColumn === undefined ? {} : { versionColumn: step.versionColumn }),
    };
    const added = outputs.map((o): Field => ({ name: o.column, type: o.type }));
    if (step.versionColumn !== undefined) {
      added.push({ name: step.versionColumn, type: { kind: 'VARCHAR', length: 2147483647, nullable: true } });
    }
    return { spec, schema: this.with(added), by: undefined };
  }

  private learn(step: NonNullable<GraphNode['learn']>): PlannedModelStep {
    const at = [...this.path, 'learn'];
    const outputs = step.outputs === undefined ? [] : this.columns(step.outputs, [...at, 'outputs']);
    const by = names(step.key);
    const { publish, onDrift } = step;
    if (onDrift && onDrift.detector === undefined && onDrift.signal === undefined) {
      this.problems.add('TW1005', [...at, 'onDrift'], "'detector' or 'signal' must be set: what the alarm comes from");
    }
    const spec: LearnSpec = {
      kind: 'other',
      transform: 'learn',
      pipeline: JSON.stringify(step.pipeline),
      inputs: this.columns(step.inputs, [...at, 'inputs']),
      outputs,
      ...(step.label === undefined ? {} : { label: step.label }),
      ...(step.rowKey === undefined ? {} : { rowKey: step.rowKey }),
      ...(step.time === undefined ? {} : { timeColumn: step.time }),
      ...(step.horizon === undefined ? {} : { horizonMs: parseDuration(step.horizon) }),
      by,
      ...(step.threshold === undefined ? {} : { threshold: step.threshold, anomalyColumn: 'is_anomaly' }),
      ...(publish === undefined
        ? {}
        : {
            publish: {
              name: publish.name,
              options: publish.registry === undefined ? {} : { registry: publish.registry },
              every: publish.every,
              metric: publish.metric,
              window: publish.window,
              ...(publish.threshold === undefined ? {} : { threshold: publish.threshold }),
              ...(publish.margin === undefined ? {} : { margin: publish.margin }),
              promote: publish.promote,
            } satisfies PublishSpec,
          }),
      ...(step.topN === undefined ? {} : { topN: step.topN }),
      ...(onDrift === undefined
        ? {}
        : {
            onDrift: {
              ...(onDrift.detector === undefined ? {} : { detector: JSON.stringify(onDrift.detector) }),
              ...(onDrift.signal === undefined ? {} : { signal: onDrift.signal }),
              action: onDrift.action,
              window: onDrift.window,
            },
          }),
      ...(step.fit === undefined ? {} : { fit: step.fit }),
    };
    const added = outputs.map((o): Field => ({ name: o.column, type: o.type }));
    if (step.threshold !== undefined) added.push({ name: 'is_anomaly', type: { kind: 'BOOLEAN', nullable: true } });
    return { spec, schema: this.with(added), by };
  }

  private evaluate(step: NonNullable<GraphNode['evaluate']>): PlannedModelStep {
    const at = [...this.path, 'evaluate'];
    if (step.prediction === undefined && step.probability === undefined) {
      this.problems.add('TW1005', at, "'prediction' or 'probability' must be set: the column with what was predicted");
    }
    const by = names(step.key);
    const { guard, quality } = step;
    const spec: EvaluateSpec = {
      kind: 'other',
      transform: 'evaluate',
      label: step.label,
      ...(step.prediction === undefined ? {} : { prediction: step.prediction }),
      ...(step.probability === undefined ? {} : { probability: step.probability }),
      metrics: step.metrics,
      ...(step.window === undefined ? {} : { window: step.window }),
      every: step.every,
      by,
      resultColumn: 'result',
      countColumn: 'labelled',
      ...(guard === undefined
        ? {}
        : {
            guard: {
              name: guard.model,
              options: guard.registry === undefined ? {} : { registry: guard.registry },
              versionColumn: guard.versionColumn,
              metric: guard.metric ?? step.metrics[0],
              tolerance: guard.tolerance,
              minRows: guard.minRows,
            } satisfies GuardSpec,
          }),
      ...(quality === undefined
        ? {}
        : {
            quality: {
              name: quality.model,
              options: quality.registry === undefined ? {} : { registry: quality.registry },
              versionColumn: quality.versionColumn,
              every: quality.every,
              ...(quality.source === undefined ? {} : { source: quality.source }),
            } satisfies QualitySpec,
          }),
    };
    return { spec, schema: UNTYPED, by };
  }

  private drift(step: NonNullable<GraphNode['drift']>): PlannedModelStep {
    const by = names(step.key);
    const { rollBack } = step;
    const detector = typeof step.detector === 'string' ? { type: step.detector } : step.detector;
    const spec: DriftSpec = {
      kind: 'other',
      transform: 'drift',
      column: step.column,
      detector: JSON.stringify(detector),
      by,
      nameColumn: 'drift_detector',
      ...(rollBack === undefined
        ? {}
        : {
            rollBack: {
              name: rollBack.model,
              options: rollBack.registry === undefined ? {} : { registry: rollBack.registry },
            },
          }),
    };
    return { spec, schema: this.with([{ name: 'drift_detector', type: ANY }]), by };
  }

  private with(added: readonly Field[]): RowSchema {
    return this.input.untyped ? UNTYPED : { fields: [...this.input.fields, ...added] };
  }

  private columns(text: string, at: Path): ModelColumn[] {
    try {
      return parseColumns(text).map((f) => ({
        field: f.name,
        column: f.name,
        // Where the rows have declared columns, these say how a value is held.
        type: this.input.fields.find((c) => c.name === f.name)?.type ?? f.type,
      }));
    } catch (error) {
      this.problems.add('TW1004', at, (error as Error).message);
      return [];
    }
  }
}

function names(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map((name) => name.trim());
}
