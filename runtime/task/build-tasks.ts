/**
 * The tasks of a slot for one deployment: subtask i of every stage, with their ways in and out. Nothing runs yet, no state is read
 * and no connection made.
 */
import { InputChannel, InputGate } from '../exchange/gate.js';
import { LocalChannel, type OutputChannel, OutputWriter, RemoteChannel } from '../exchange/output.js';
import { makePartitioner } from '../exchange/partitioner.js';
import type { PlanNode, SourceSpec } from '../graph/plan.js';
import { channelTargets, type Exchange, planStages, type Stage } from '../graph/stages.js';
import { type BatchCodec, compileBatchCodec } from '../record/batch-codec.js';
import type { ObjectStore } from '../snapshot/store.js';
import type { NodeState } from '../state/node-state.js';
import { compileUserFunction } from '../transform/user-code.js';
import { buildChain, type Chain, type Emit } from './chain.js';
import type { DataPlane } from './data-plane.js';
import { DEAD_LETTER_FIELDS, DeadLetters } from './dead-letters.js';
import type { TaskEnvironment } from './environment.js';
import type { SlotReport } from './slot-messages.js';
import { resolveOptions, SourceInput } from './source-input.js';
import { Task } from './task.js';

export interface TaskPlan {
  readonly env: TaskEnvironment;
  readonly store: ObjectStore;
  /** State kept in memory over a rescale, by node. */
  readonly retained: ReadonlyMap<string, NodeState> | undefined;
  readonly plane: DataPlane;
  /** Hears of each state as it is made. */
  readonly onState: (state: NodeState) => void;
  readonly schedule: (stage: number, timeMs: number) => void;
  readonly report: (report: SlotReport) => void;
}

/** State of a step that is to be read. */
export interface StateToRestore {
  readonly id: string;
  readonly state: NodeState;
  /** Key groups to read; undefined: all that it owns. */
  readonly groups: Set<number> | undefined;
}

export interface BuiltTasks {
  readonly tasks: readonly Task[];
  readonly states: readonly StateToRestore[];
  /** Key: `exchange/from slot`. */
  readonly inputs: Map<string, InputChannel>;
  /** Key: `exchange/to slot`. */
  readonly outputs: Map<string, RemoteChannel>;
  /** Slots that rows go to. */
  readonly targets: ReadonlySet<number>;
}

/** The slot's tasks, which read and write nothing yet. Where one can't be made, those that were are closed. */
export async function buildTasks(plan: TaskPlan): Promise<BuiltTasks> {
  const tasks: Task[] = [];
  try {
    return await buildEach(plan, tasks);
  } catch (error) {
    await Promise.all(tasks.map((t) => t.close()));
    throw error;
  }
}

async function buildEach(plan: TaskPlan, tasks: Task[]): Promise<BuiltTasks> {
  const { env, store, retained, report } = plan;
  const d = env.deployment;
  const { stages, exchanges, nodes } = planStages(d.plan, d.parallelism);
  const ways = new Ways(plan, stages, nodes, exchanges);
  const states: StateToRestore[] = [];
  for (const stage of stages) {
    if (d.slot >= stage.parallelism) continue;
    const { emits, outputs } = ways.out(stage);
    const chain = await buildChain({
      stage,
      subtask: d.slot,
      env,
      nodes,
      outputs: emits,
      retained,
      schedule: (timeMs) => plan.schedule(stage.index, timeMs),
    });
    states.push(...statesToRestore(plan, stage, chain));
    const head = stage.nodes[0];
    const isSource = head.spec.kind === 'source';
    const deadLetters = isSource ? await openDeadLetters(head, env) : undefined;
    const source = isSource ? await openSource(head, env, stage, chain.head(0), deadLetters) : undefined;
    const gate = isSource ? undefined : new InputGate(ways.in(stage), d.guarantee === 'exactly-once');
    tasks.push(
      new Task({
        stage,
        subtask: d.slot,
        env,
        store,
        chain,
        source,
        deadLetters,
        gate,
        codecs: ways.codecs,
        outputs,
        ack: (ack) => report({ type: 'ack', attempt: d.attempt, ack }),
        decline: (checkpoint, reason) =>
          report({ type: 'declined', attempt: d.attempt, checkpoint, reason: reason.message }),
        finished: () => report({ type: 'finished', attempt: d.attempt, stage: stage.index, subtask: d.slot }),
      }),
    );
  }
  return { tasks, states, inputs: ways.inputs, outputs: ways.remotes, targets: ways.targets };
}

function statesToRestore({ env, retained, onState }: TaskPlan, stage: Stage, chain: Chain): StateToRestore[] {
  const d = env.deployment;
  const states: StateToRestore[] = [];
  for (const link of chain.links) {
    if (link.state.layouts.length === 0) continue;
    onState(link.state);
    const kept = retained?.get(link.node.id) === link.state;
    const groups = new Set<number>();
    d.owners.forEach((owner, g) => {
      if (stage.parallelism === 1 ? d.slot === 0 : owner === d.slot) groups.add(g);
    });
    states.push({
      id: link.node.id,
      state: link.state,
      groups: kept ? new Set(link.state.reassign(groups)) : undefined,
    });
  }
  return states;
}

/** The ways of one slot's tasks out to others and in from them. Outputs are made stage by stage, before the inputs they lead to. */
class Ways {
  readonly codecs: ReadonlyMap<number, BatchCodec>;
  readonly inputs = new Map<string, InputChannel>();
  readonly remotes = new Map<string, RemoteChannel>();
  readonly targets = new Set<number>();
  private readonly locals = new Map<number, LocalChannel>();

  constructor(
    private readonly plan: TaskPlan,
    private readonly stages: readonly Stage[],
    private readonly nodes: ReadonlyMap<string, PlanNode>,
    exchanges: readonly Exchange[],
  ) {
    this.codecs = new Map(exchanges.map((e) => [e.index, compileBatchCodec(nodes.get(e.fromNode)!.schema)]));
  }

  /** What takes the rows of each exchange out of a stage. */
  out(stage: Stage): { emits: Map<number, Emit>; outputs: OutputWriter[] } {
    const { slot: own, owners } = this.plan.env.deployment;
    const emits = new Map<number, Emit>();
    const outputs: OutputWriter[] = [];
    for (const exchange of stage.outputs) {
      const width = this.stages[exchange.toStage].parallelism;
      const to = channelTargets(exchange, own, stage.parallelism, width);
      const from = this.nodes.get(exchange.fromNode)!;
      const writer = new OutputWriter(
        to.map((slot) => this.channelTo(exchange, slot)),
        from.updating,
      );
      outputs.push(writer);
      const p = exchange.partitioning;
      const keyOf =
        p.kind === 'hashFn' ? compileUserFunction<(row: unknown) => unknown>(p.code, from, 'key') : undefined;
      emits.set(exchange.index, makePartitioner(p, writer, own, owners, keyOf));
    }
    return { emits, outputs };
  }

  private channelTo(exchange: Exchange, slot: number): OutputChannel {
    const { env, plane } = this.plan;
    if (slot === env.deployment.slot) {
      const local = new LocalChannel(env.wake);
      this.locals.set(exchange.index, local);
      return local;
    }
    this.targets.add(slot);
    const codec = this.codecs.get(exchange.index)!;
    const remote = new RemoteChannel(exchange.index, codec, (frame) => plane.send(slot, frame), env.wake);
    this.remotes.set(`${exchange.index}/${slot}`, remote);
    return remote;
  }

  /** The channels into a stage's head. */
  in(stage: Stage): InputChannel[] {
    const { env, plane } = this.plan;
    const own = env.deployment.slot;
    const channels: InputChannel[] = [];
    for (const exchange of stage.inputs) {
      const width = this.stages[exchange.fromStage].parallelism;
      for (let from = 0; from < width; from++) {
        if (!channelTargets(exchange, from, width, stage.parallelism).includes(own)) continue;
        const release =
          from === own ? () => this.locals.get(exchange.index)!.released() : () => plane.release(exchange.index, from);
        const channel = new InputChannel(exchange.input, exchange.index, from, release);
        channels.push(channel);
        if (from === own) this.locals.get(exchange.index)!.target = channel;
        else this.inputs.set(`${exchange.index}/${from}`, channel);
      }
    }
    return channels;
  }
}

async function openSource(
  head: PlanNode,
  env: TaskEnvironment,
  stage: Stage,
  emit: Emit,
  letters: DeadLetters | undefined,
): Promise<SourceInput> {
  const d = env.deployment;
  const spec = head.spec as SourceSpec;
  const connector = await env.registry.source(spec.connector);
  const format = spec.format ? await env.registry.format(spec.format) : undefined;
  const keyFormat = spec.options['key.format'] ? await env.registry.format(spec.options['key.format']) : undefined;
  const input = new SourceInput(head, env, d.slot, stage.parallelism, connector, format, emit, letters, keyFormat);
  input.addSplits(d.splits[head.id] ?? []);
  if (d.noMoreSplits.includes(head.id)) input.noMoreSplits();
  return input;
}

async function openDeadLetters(head: PlanNode, env: TaskEnvironment): Promise<DeadLetters | undefined> {
  const policy = (head.spec as SourceSpec).onError;
  if (policy.policy !== 'dead-letter') return undefined;
  const options = resolveOptions(policy.options, env.resolve);
  const connector = await env.registry.sink(options.connector);
  const format = await env.registry.format(options.format ?? 'json');
  const columns = { fields: DEAD_LETTER_FIELDS };
  const d = env.deployment;
  const writer = connector.createWriter({
    spec: { kind: 'sink', connector: options.connector, format: options.format ?? 'json', options, columns },
    options,
    log: env.log,
    jobName: d.job,
    nodeId: `${head.id}/dead-letters`,
    baseDir: d.baseDir,
    subtask: d.slot,
    parallelism: d.parallelism,
    attempt: d.attempt,
    guarantee: 'at-least-once',
    encoder: format.createEncoder(columns, options),
    wake: env.wake,
    fail: env.fail,
  });
  await writer.open(undefined);
  return new DeadLetters(writer);
}
