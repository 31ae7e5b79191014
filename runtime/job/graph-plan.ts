/**
 * The graph body → plan. Node ids are the names of the steps, so that state is found again; steps that are made on the way
 * (`name.time`, `name.union`) hold no state.
 */
import type { Graph, GraphNode, Path, StreamJobSpec } from '../../api/index.js';
import type { NodeSpec, Partitioning, Plan, PlanEdge, PlanNode, Window } from '../graph/plan.js';
import { type RowSchema, UNTYPED } from '../record/types.js';
import { parseDuration } from '../time/duration.js';
import { planSink, planSource } from './graph-connector.js';
import { type ModelStepKind, ModelStepPlanner } from './graph-models.js';
import { type WiredNode, wireGraph } from './graph-wiring.js';
import type { ProblemList } from './invalid-job.js';
import type { JobCatalog } from './job-definition.js';
import { columnFunction, compileFunction } from './user-function.js';

/** Rows that a step can get: the plan's node that makes them, and the key that a keyBy gave them. */
interface Stream {
  readonly id: string;
  readonly schema: RowSchema;
  readonly parallelism?: number;
  /** Code of the key function. */
  readonly key?: string;
  /** A source or watermark step above gives event time. */
  readonly timed: boolean;
}

/** Compiles a graph body. Problems are added to the list; the plan is of use only when there are none. */
export async function planGraph(
  graph: Graph,
  spec: StreamJobSpec,
  path: Path,
  catalog: JobCatalog,
  problems: ProblemList,
): Promise<Plan> {
  return new GraphPlanner(spec, catalog, problems).plan(wireGraph(graph, path, problems));
}

class GraphPlanner {
  private readonly nodes: PlanNode[] = [];
  private readonly streams = new Map<string, readonly Stream[]>();

  constructor(
    private readonly spec: StreamJobSpec,
    private readonly catalog: JobCatalog,
    private readonly problems: ProblemList,
  ) {}

  async plan(wired: readonly WiredNode[]): Promise<Plan> {
    const read = new Set(wired.flatMap((step) => step.from));
    for (const step of wired) {
      const inputs = step.from.flatMap((name) => this.streams.get(name) ?? []);
      const streams = await this.add(step, inputs);
      this.streams.set(step.node.name, streams);
      const late = `${step.node.name}.late`;
      if (step.kind === 'window' && read.has(late) && streams.length > 0)
        this.streams.set(late, [this.addLate(step.node, late)]);
    }
    return { version: 1, nodes: this.nodes };
  }

  private async add(step: WiredNode, inputs: readonly Stream[]): Promise<readonly Stream[]> {
    const { node, path } = step;
    switch (step.kind) {
      case 'source':
        return [await this.addSource(step)];
      case 'sink': {
        const input = this.joined(step, inputs);
        const sink = await planSink(step, input?.schema ?? UNTYPED, this.catalog, this.spec.timeZone, this.problems);
        this.push(node, `Sink: ${node.name}`, sink, this.edges(step, input, input?.key), sink.columns);
        return [];
      }
      case 'keyBy': {
        const key = await this.keyOf(node.keyBy!, [...path, 'keyBy']);
        for (const field of ['partition', 'parallelism'] as const) {
          if (node[field] !== undefined) {
            this.problems.add(
              'TW1105',
              [...path, field],
              `'${field}' belongs to the step behind the keyBy '${node.name}'`,
              {
                atKey: true,
              },
            );
          }
        }
        return inputs.map((input) => ({ ...input, key }));
      }
      case 'union':
        return [this.addUnion(step, inputs)];
      case 'watermark': {
        const input = this.joined(step, inputs);
        const time = node.watermark!;
        this.push(
          node,
          `Watermark: ${node.name}`,
          {
            kind: 'watermark',
            code: await this.keyOf(time.time, [...path, 'watermark', 'time']),
            delayMs: time.delay === undefined ? 0 : parseDuration(time.delay),
            ...(time.idle === undefined ? {} : { idleTimeoutMs: parseDuration(time.idle) }),
          },
          this.edges(step, input, input?.key),
          input?.schema ?? UNTYPED,
        );
        return [{ ...this.stream(node, input?.schema ?? UNTYPED, input), timed: true }];
      }
      case 'score':
      case 'learn':
      case 'evaluate':
      case 'drift':
        return [this.addModelStep(step, step.kind, inputs)];
      case 'window':
        return [await this.addWindow(step, inputs)];
      case 'process':
        return [await this.addProcess(step, inputs)];
      default:
        return [await this.addFunction(step, step.kind, inputs)];
    }
  }

  private async addSource(step: WiredNode): Promise<Stream> {
    const { node, path } = step;
    const source = await planSource(step, this.catalog, this.spec.timeZone, this.problems);
    if (this.spec.mode === 'batch' && !source.spec.bounded && this.problems.problems.length === 0) {
      this.problems.add('TW1105', path, `'${node.name}' never ends, so it can't be read in batch mode`, {
        hint: `Bound it by an option of the connector '${source.spec.connector}', or use mode: streaming`,
      });
    }
    if (node.partition !== undefined) {
      this.problems.add('TW1105', [...path, 'partition'], `'${node.name}' is a source: no rows come to it`, {
        atKey: true,
      });
    }
    this.push(node, `Source: ${node.name}`, source.spec, [], source.schema);
    const stream = { ...this.stream(node, source.schema), timed: source.spec.watermark !== undefined };
    if (source.timeText === undefined) return stream;
    const id = `${node.name}.time`;
    this.nodes.push({
      id,
      name: `Watermark: ${node.name}`,
      spec: {
        kind: 'watermark',
        code: await this.functionAt(source.timeText, [...path, 'source', 'time']),
        delayMs: source.delayMs,
        ...(source.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: source.idleTimeoutMs }),
      },
      inputs: [{ from: node.name, partitioning: { kind: 'forward' } }],
      schema: source.schema,
      updating: false,
      ...(node.parallelism === undefined ? {} : { parallelism: node.parallelism }),
    });
    return { ...stream, id, timed: true };
  }

  private async addFunction(
    step: WiredNode,
    kind: 'map' | 'filter' | 'flatMap',
    inputs: readonly Stream[],
  ): Promise<Stream> {
    const { node, path } = step;
    const input = this.joined(step, inputs);
    const schema = kind === 'filter' ? (input?.schema ?? UNTYPED) : UNTYPED;
    const code = await this.functionAt(node[kind]!, [...path, kind]);
    this.push(
      node,
      `${kind[0].toUpperCase()}${kind.slice(1)}: ${node.name}`,
      { kind, code, at: this.placeOf([...path, kind]) },
      this.edges(step, input, input?.key),
      schema,
    );
    return this.stream(node, schema, input);
  }

  private async addWindow(step: WiredNode, inputs: readonly Stream[]): Promise<Stream> {
    const { node, path } = step;
    const at = [...path, 'window'];
    const w = node.window!;
    const input = this.joined(step, inputs);
    if (w.time !== undefined && input && !input.timed) {
      this.problems.add(
        'TW1106',
        [...at, 'time'],
        `'${node.name}' is a window over event time, but nothing above it says how late rows may be`,
        {
          hint: `Add time: and delay: to the source, e.g. source: { …, time: ts, delay: 5s }`,
        },
      );
    }
    const key = w.key !== undefined ? await this.keyOf(w.key, [...at, 'key']) : input?.key;
    const column = w.time !== undefined && columnFunction(w.time) !== undefined ? w.time.trim() : undefined;
    const spec: NodeSpec = {
      kind: 'windowAggregate',
      window: windowOf(w),
      ...(column === undefined ? {} : { timeColumn: column }),
      ...(w.time !== undefined && column === undefined
        ? { timeCode: await this.functionAt(w.time, [...at, 'time']) }
        : {}),
      keys: [],
      aggregates: [],
      ...(w.allowedLateness === undefined ? {} : { allowedLatenessMs: parseDuration(w.allowedLateness) }),
      phase: 'single',
      user: {
        key: key ?? '() => null',
        init: await this.functionAt(w.init, [...at, 'init']),
        add: await this.functionAt(w.add, [...at, 'add']),
        result: await this.functionAt(w.result, [...at, 'result']),
        ...(w.merge === undefined ? {} : { merge: await this.functionAt(w.merge, [...at, 'merge']) }),
      },
    };
    const global = key === undefined;
    const edges = global ? this.globalEdge(input) : this.edges(step, input, key);
    this.push(node, `Window: ${node.name}`, spec, edges, UNTYPED, global ? 1 : undefined);
    return this.stream(node, UNTYPED, input, global ? 1 : undefined);
  }

  /** The rows that a window drops, as a step of their own behind it. */
  private addLate(window: GraphNode, id: string): Stream {
    const of = this.nodes.find((n) => n.id === window.name)!;
    const input = this.nodes.find((n) => n.id === of.inputs[0]?.from);
    const schema = input?.schema ?? UNTYPED;
    this.nodes.push({
      id,
      name: `Late rows: ${window.name}`,
      spec: { kind: 'union' },
      inputs: [{ from: window.name, partitioning: { kind: 'forward' }, output: 'late' }],
      schema,
      updating: false,
      ...(of.parallelism === undefined ? {} : { parallelism: of.parallelism }),
    });
    return { ...this.stream(window, schema), id };
  }

  private async addProcess(step: WiredNode, inputs: readonly Stream[]): Promise<Stream> {
    const { node, path } = step;
    const at = [...path, 'process'];
    const p = node.process!;
    const input = this.joined(step, inputs);
    const key = p.key !== undefined ? await this.keyOf(p.key, [...at, 'key']) : input?.key;
    if (key === undefined) {
      this.problems.add('TW1105', at, `'${node.name}' has no key, under which its state would be kept`, {
        hint: 'Add key: e.g. key: card, or a keyBy before it',
      });
    }
    const ttl = p.ttl ?? this.spec.stateTtl;
    this.push(
      node,
      `Process: ${node.name}`,
      {
        kind: 'process',
        code: await this.functionAt(p.onRow, [...at, 'onRow']),
        ...(p.onTimer === undefined ? {} : { onTimer: await this.functionAt(p.onTimer, [...at, 'onTimer']) }),
        ...(key === undefined ? {} : { key }),
        ...(ttl === undefined ? {} : { ttlMs: parseDuration(ttl) }),
        at: this.placeOf([...at, 'onRow']),
      },
      this.edges(step, input, key),
      UNTYPED,
    );
    return this.stream(node, UNTYPED, input);
  }

  private addModelStep(step: WiredNode, kind: ModelStepKind, inputs: readonly Stream[]): Stream {
    const { node, path } = step;
    const input = this.joined(step, inputs);
    const planner = new ModelStepPlanner(path, input?.schema ?? UNTYPED, this.problems);
    const { spec, schema, by } = planner.plan(node, kind);
    const name = `${kind[0].toUpperCase()}${kind.slice(1)}: ${node.name}`;
    if (by !== undefined && by.length === 0) {
      this.push(node, name, { ...spec }, this.globalEdge(input), schema, 1);
      return this.stream(node, schema, input, 1);
    }
    const edges: PlanEdge[] =
      by === undefined
        ? this.edges(step, input, input?.key)
        : input
          ? [{ from: input.id, partitioning: { kind: 'hash', keys: by } }]
          : [];
    this.push(node, name, { ...spec }, edges, schema);
    return this.stream(node, schema, input);
  }

  private addUnion({ node }: WiredNode, inputs: readonly Stream[]): Stream {
    const schema = commonSchema(inputs);
    const edges = inputs.map((input): PlanEdge => ({ from: input.id, partitioning: unkeyed(node, input) }));
    this.push(node, `Union: ${node.name}`, { kind: 'union' }, edges, schema);
    return { ...this.stream(node, schema), timed: inputs.every((input) => input.timed) };
  }

  /** One stream of several, by a union that is made on the way. */
  private joined({ node }: WiredNode, inputs: readonly Stream[]): Stream | undefined {
    if (inputs.length <= 1) return inputs[0];
    const id = `${node.name}.union`;
    const schema = commonSchema(inputs);
    const parallelism = inputs.every((input) => input.parallelism === inputs[0].parallelism)
      ? inputs[0].parallelism
      : undefined;
    this.nodes.push({
      id,
      name: `Union: ${node.name}`,
      spec: { kind: 'union' },
      inputs: inputs.map((input) => ({
        from: input.id,
        partitioning: { kind: input.parallelism === parallelism ? 'forward' : 'rebalance' },
      })),
      schema,
      updating: false,
      ...(parallelism === undefined ? {} : { parallelism }),
    });
    return {
      id,
      schema,
      parallelism,
      timed: inputs.every((input) => input.timed),
      ...(inputs.every((input) => input.key === inputs[0].key) && inputs[0].key !== undefined
        ? { key: inputs[0].key }
        : {}),
    };
  }

  private edges(step: WiredNode, input: Stream | undefined, key: string | undefined): PlanEdge[] {
    if (!input) return [];
    const { node, path } = step;
    if (key !== undefined && node.partition !== undefined) {
      this.problems.add(
        'TW1105',
        [...path, 'partition'],
        `rows come to '${node.name}' by key; 'partition' can't be set`,
        {
          atKey: true,
        },
      );
    }
    const partitioning: Partitioning = key !== undefined ? { kind: 'hashFn', code: key } : unkeyed(node, input);
    return [{ from: input.id, partitioning }];
  }

  private globalEdge(input: Stream | undefined): PlanEdge[] {
    return input ? [{ from: input.id, partitioning: { kind: 'global' } }] : [];
  }

  private push(
    node: GraphNode,
    name: string,
    spec: NodeSpec,
    inputs: readonly PlanEdge[],
    schema: RowSchema,
    parallelism: number | undefined = fixedParallelism(node),
  ): void {
    this.nodes.push({
      id: node.name,
      name,
      spec,
      inputs,
      schema,
      updating: false,
      ...(parallelism === undefined ? {} : { parallelism }),
    });
  }

  private stream(node: GraphNode, schema: RowSchema, input?: Stream, parallelism = fixedParallelism(node)): Stream {
    return {
      id: node.name,
      schema,
      timed: input?.timed ?? false,
      ...(parallelism === undefined ? {} : { parallelism }),
    };
  }

  /** A column's name or a function. */
  private async keyOf(text: string, path: Path): Promise<string> {
    return columnFunction(text) ?? (await this.functionAt(text, path));
  }

  private async functionAt(text: string, path: Path): Promise<string> {
    const result = await compileFunction(text);
    if ('js' in result) return result.js;
    const { code, message, index } = result.problem;
    this.problems.add(
      code,
      path,
      code === 'TW1201' ? message : `expected a function such as (row) => row, found ${message}`,
      { index },
    );
    return '() => undefined';
  }

  private placeOf(path: Path): { file: string; line: number; column: number } {
    const where = this.problems.places.inside(path, 0);
    return { file: where.file, line: where.line ?? 1, column: where.column ?? 1 };
  }
}

function fixedParallelism(node: GraphNode): number | undefined {
  return node.parallelism ?? (node.partition === 'global' ? 1 : undefined);
}

function unkeyed(node: GraphNode, input: Stream): Partitioning {
  if (node.partition !== undefined) return { kind: node.partition };
  return { kind: fixedParallelism(node) === input.parallelism ? 'forward' : 'rebalance' };
}

function commonSchema(inputs: readonly Stream[]): RowSchema {
  const first = inputs[0]?.schema ?? UNTYPED;
  return inputs.every((input) => JSON.stringify(input.schema) === JSON.stringify(first)) ? first : UNTYPED;
}

function windowOf(w: NonNullable<GraphNode['window']>): Window {
  const offsetMs = w.offset === undefined ? 0 : parseDuration(w.offset);
  if (w.tumble !== undefined) return { kind: 'tumble', sizeMs: parseDuration(w.tumble), offsetMs };
  if (w.hop !== undefined) {
    return { kind: 'hop', sizeMs: parseDuration(w.hop.size), slideMs: parseDuration(w.hop.slide), offsetMs };
  }
  if (w.cumulate !== undefined) {
    return {
      kind: 'cumulate',
      maxSizeMs: parseDuration(w.cumulate.size),
      stepMs: parseDuration(w.cumulate.step),
      offsetMs,
    };
  }
  return { kind: 'session', gapMs: parseDuration(w.session!) };
}
