/**
 * Makes the transforms of a stage for one task and links them: each hands its rows straight to the next by a call.
 * Built from the end of the chain to its head, since a transform is made with the function that takes its rows.
 */
import { keyValueEncoders } from '../formats/key-value.js';
import type { PlanNode, SinkSpec } from '../graph/plan.js';
import type { Stage } from '../graph/stages.js';
import type { Row, RowKind, RowSchema } from '../record/types.js';
import type { SinkContext } from '../sink/contract.js';
import { NodeState } from '../state/node-state.js';
import type { Transform, TransformContext, TransformMetrics } from '../transform/contract.js';
import type { TaskEnvironment } from './environment.js';
import { SinkOutput } from './sink-output.js';
import { resolveOptions } from './source-input.js';

export type Emit = (row: Row, kind: RowKind) => void;

/** One transform in its chain. */
export interface Link {
  readonly node: PlanNode;
  readonly transform: Transform;
  readonly state: NodeState;
  /** Event time that the link had reached in the snapshot it came from; -Infinity: none. */
  readonly restoredWatermark: number;
  readonly metrics: TransformMetrics & { rowsIn: number };
  /** Set by the task: takes what the transform had held back and now hands on to the links behind it. */
  handOn: (mark: number | 'idle') => void;
}

export interface Chain {
  /** From the head to the ends; a row passes a link only after those before it. */
  readonly links: readonly Link[];
  readonly sinks: readonly SinkOutput[];
  /** Takes rows of an input of the head. */
  head(input: number): Emit;
}

export interface ChainOptions {
  readonly stage: Stage;
  readonly subtask: number;
  readonly env: TaskEnvironment;
  readonly nodes: ReadonlyMap<string, PlanNode>;
  /** Emit of each exchange out of the stage. */
  readonly outputs: ReadonlyMap<number, Emit>;
  /** State kept in memory over a rescale. */
  readonly retained: ReadonlyMap<string, NodeState> | undefined;
  readonly schedule: (timeMs: number) => void;
}

export async function buildChain(options: ChainOptions): Promise<Chain> {
  const { stage, env, subtask } = options;
  const links: Link[] = [];
  const sinks: SinkOutput[] = [];
  const entry = new Map<string, Emit[]>();
  for (const node of [...stage.nodes].reverse()) {
    const targets: Emit[] = [];
    const late: Emit[] = [];
    for (const next of stage.next.get(node.id) ?? []) {
      const isLate = options.nodes.get(next)!.inputs[0].output === 'late';
      (isLate ? late : targets).push(entry.get(next)![0]);
    }
    for (const exchange of stage.outputs) {
      if (exchange.fromNode === node.id) targets.push(options.outputs.get(exchange.index)!);
    }
    const emit = fanOut(targets);
    if (node.spec.kind === 'source') {
      entry.set(node.id, [emit]);
      continue;
    }
    if (node.spec.kind === 'sink') {
      const sink = await makeSink(node, env, subtask, stage.parallelism);
      sinks.push(sink);
      const { writer } = sink;
      entry.set(node.id, [
        (row, kind) => {
          sink.rowsOut++;
          writer.write(row, kind);
        },
      ]);
      continue;
    }
    const link = await makeLink(node, emit, late.length > 0 ? fanOut(late) : undefined, options);
    links.unshift(link);
    const { transform } = link;
    entry.set(node.id, [
      (row, kind) => transform.process(row, kind),
      (row, kind) => {
        if (!transform.processRight) throw new Error(`${node.name} has no second input`);
        transform.processRight(row, kind);
      },
    ]);
  }
  const heads = entry.get(stage.nodes[0].id)!;
  const union = stage.nodes[0].spec.kind === 'union';
  return { links, sinks, head: (input) => (union ? heads[0] : (heads[input] ?? heads[0])) };
}

/** One target is called directly; several in turn. */
function fanOut(targets: readonly Emit[]): Emit {
  if (targets.length === 1) return targets[0];
  if (targets.length === 0) return () => {};
  return (row, kind) => {
    for (const target of targets) target(row, kind);
  };
}

async function makeLink(node: PlanNode, emit: Emit, emitLate: Emit | undefined, options: ChainOptions): Promise<Link> {
  const { env, stage, subtask } = options;
  const { deployment } = env;
  const restored = env.restored?.(node.id);
  const groups: number[] = [];
  // A node of parallelism 1 holds all groups; others those that the owner table gives to this slot.
  deployment.owners.forEach((owner, group) => {
    if (stage.parallelism === 1 ? subtask === 0 : owner === subtask) groups.push(group);
  });
  const kept = options.retained?.get(node.id);
  const state = kept ?? new NodeState(node.id, deployment.maxParallelism, groups, env.stateDisk);
  const metrics = { lateRows: 0, rowsIn: 0 };
  const inputs = node.inputs.map((edge) => options.nodes.get(edge.from)!);
  const ctx: TransformContext = {
    node,
    inputs: inputs.map((n): RowSchema => n.schema),
    inputUpdating: inputs.map((n) => n.updating),
    subtask,
    parallelism: stage.parallelism,
    maxParallelism: deployment.maxParallelism,
    batch: deployment.batch,
    state,
    restoredOperator: restored?.operator ?? [],
    restoredWatermark: restored?.watermark ?? Number.NEGATIVE_INFINITY,
    models: env.models,
    initial: deployment.initial?.[node.id],
    now: env.now,
    emit,
    emitLate,
    metrics,
    log: env.log,
    resolve: env.resolve,
    schedule: options.schedule,
    wake: env.wake,
    handOn: (mark) => link.handOn(mark),
  };
  const kind = node.spec.kind === 'other' ? node.spec.transform : node.spec.kind;
  const transform = (await env.registry.transform(kind))(ctx);
  const { restoredWatermark } = ctx;
  const link: Link = { node, transform, state, restoredWatermark, metrics, handOn: () => {} };
  return link;
}

async function makeSink(
  node: PlanNode,
  env: TaskEnvironment,
  subtask: number,
  parallelism: number,
): Promise<SinkOutput> {
  const spec = node.spec as SinkSpec;
  const connector = await env.registry.sink(spec.connector);
  const options = resolveOptions(spec.options, env.resolve);
  const encoders = await encodersOf(spec, options, env);
  const context: SinkContext = {
    spec,
    options,
    log: env.log,
    jobName: env.deployment.job,
    nodeId: node.id,
    baseDir: env.deployment.baseDir,
    subtask,
    parallelism,
    attempt: env.deployment.attempt,
    guarantee: guaranteeOf(options, env),
    encoder: encoders?.value,
    keyEncoder: encoders?.key,
    wake: env.wake,
    fail: env.fail,
  };
  return new SinkOutput(node, connector.createWriter(context), subtask);
}

function guaranteeOf(options: Record<string, string>, env: TaskEnvironment): 'exactly-once' | 'at-least-once' {
  const own = options['sink.delivery-guarantee'];
  return own === 'exactly-once' || own === 'at-least-once' ? own : env.deployment.guarantee;
}

/** An upsert sink's key is the primary key, in the format of the value unless `key.format` says otherwise. */
async function encodersOf(spec: SinkSpec, options: Record<string, string>, env: TaskEnvironment) {
  if (!spec.format) return undefined;
  const upsert = spec.primaryKey !== undefined && spec.connector.startsWith('upsert');
  const keyFormat = options['key.format'] ?? (upsert ? spec.format : undefined);
  return keyValueEncoders(
    keyFormat ? await env.registry.format(keyFormat) : undefined,
    await env.registry.format(spec.format),
    spec.columns,
    options,
    upsert ? spec.primaryKey : undefined,
    spec.timeZone,
  );
}
