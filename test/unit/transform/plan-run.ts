/**
 * A plan run in this process, one row at a time: every step as often as its parallelism says, rows and watermarks handed on by
 * calls. The watermark follows each row, as Flink's does with `pipeline.auto-watermark-interval` 0, so that what comes late is the
 * same on both sides. State is cut, stored and read again through the engine's own snapshots.
 */
import { mergeAcks } from '../../../runtime/coordinator/merge.js';
import { MAX_WATERMARK } from '../../../runtime/exchange/element.js';
import { compileKeyHash } from '../../../runtime/exchange/partitioner.js';
import type { Plan, PlanNode } from '../../../runtime/graph/plan.js';
import { twoPhase } from '../../../runtime/graph/two-phase.js';
import { keyGroupOf } from '../../../runtime/record/hash.js';
import type { Row, RowKind } from '../../../runtime/record/types.js';
import type { NodeSnapshot } from '../../../runtime/snapshot/manifest.js';
import { formatGroups, type SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { ObjectStore } from '../../../runtime/snapshot/store.js';
import type { StateDisk } from '../../../runtime/state/disk/state-disk.js';
import { NodeState } from '../../../runtime/state/node-state.js';
import type { NodeAck } from '../../../runtime/task/environment.js';
import type { Transform } from '../../../runtime/transform/contract.js';
import { loadTransform } from '../../../runtime/transform/registry.js';
import { cutWhole, segmentRef } from '../state/whole-cut.js';

const MAX_PARALLELISM = 16;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export class MemoryStore implements ObjectStore {
  readonly description = 'memory';
  readonly objects = new Map<string, Buffer>();
  async put(key: string, bytes: Buffer): Promise<void> {
    this.objects.set(key, bytes);
  }
  async get(key: string, range?: { offset: number; length: number }): Promise<Buffer> {
    const bytes = this.objects.get(key)!;
    return range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
  }
  async list(prefix: string): Promise<string[]> {
    return [...this.objects.keys()].filter((k) => k.startsWith(prefix)).sort();
  }
  async delete(): Promise<void> {}
}

interface Task {
  readonly subtask: number;
  readonly transform: Transform;
  readonly state: NodeState;
  readonly watermarks: number[][];
  watermark: number;
  due: number[];
}

interface Step {
  readonly node: PlanNode;
  readonly parallelism: number;
  readonly tasks: Task[];
  readonly targets: ((row: Row, kind: RowKind, subtask: number) => void)[];
  readonly followers: { step: Step; input: number }[];
}

export interface Checkpoint {
  readonly store: MemoryStore;
  readonly nodes: Record<string, NodeSnapshot>;
}

export interface RunOptions {
  readonly plan: Plan;
  readonly parallelism: number;
  readonly batch: boolean;
  readonly collect: (row: Row, kind: RowKind, sink: PlanNode) => void;
  readonly now: () => number;
  /** Where state goes when it leaves memory, which it does after each row. */
  readonly disk?: StateDisk;
}

export class PlanRun {
  private readonly steps = new Map<string, Step>();
  private checkpoints = 0;
  private readonly history = new Map<string, { segments: SegmentRef[]; rewritten: [number, string][] }>();

  private constructor(
    private readonly options: RunOptions,
    private readonly from?: Checkpoint,
  ) {}

  /** Starts a run, fresh or from a checkpoint. */
  static async start(options: RunOptions, from?: Checkpoint): Promise<PlanRun> {
    const run = new PlanRun(options, from);
    const { nodes } = options.parallelism > 1 ? twoPhase(options.plan) : options.plan;
    for (const node of nodes) await run.addStep(node);
    for (const step of run.steps.values()) {
      for (const task of step.tasks) {
        const keyed = from?.nodes[step.node.id]?.keyed;
        if (keyed) await task.state.restore(from!.store, keyed, undefined, undefined, true);
        await task.transform.open?.();
      }
    }
    run.checkpoints = 1000 * (from ? from.store.objects.size : 0);
    return run;
  }

  private async addStep(node: PlanNode): Promise<void> {
    const { options } = this;
    const kind = node.spec.kind;
    const parallelism = kind === 'source' ? 1 : (node.parallelism ?? options.parallelism);
    const step: Step = { node, parallelism, tasks: [], targets: [], followers: [] };
    this.steps.set(node.id, step);
    node.inputs.forEach((edge, input) => {
      const upstream = this.steps.get(edge.from)!;
      upstream.followers.push({ step, input });
      upstream.targets.push(this.route(step, input, upstream.parallelism));
    });
    if (kind === 'source' || kind === 'sink') return;
    const inputs = node.inputs.map((edge) => this.steps.get(edge.from)!);
    const factory = await loadTransform(kind === 'other' ? (node.spec as { transform: string }).transform : kind);
    if (!factory) throw new Error(`step ${node.id} is of no known kind`);
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const groups = Array.from({ length: MAX_PARALLELISM }, (_, g) => g).filter(
        (g) => ownerOf(g, parallelism) === subtask,
      );
      const state = new NodeState(node.id, MAX_PARALLELISM, groups, options.disk);
      const restored = this.from?.nodes[node.id];
      const due: number[] = [];
      const transform = factory({
        node,
        inputs: inputs.map((s) => s.node.schema),
        inputUpdating: inputs.map((s) => s.node.updating),
        subtask,
        parallelism,
        maxParallelism: MAX_PARALLELISM,
        batch: options.batch,
        state,
        restoredOperator: restored?.operator ?? [],
        restoredWatermark: restored?.watermark ?? Number.NEGATIVE_INFINITY,
        now: options.now,
        emit: (row, rowKind) => {
          for (const target of step.targets) target(row, rowKind, subtask);
        },
        metrics: { lateRows: 0 },
        log: SILENT,
        models: { library: () => import('../../../runtime/model/index.js') } as never,
        resolve: (text) => text,
        schedule: (timeMs) => void due.push(timeMs),
        wake() {},
        handOn: (mark) => {
          if (mark !== 'idle') this.advance(step, subtask, mark);
        },
      });
      step.tasks.push({
        subtask,
        transform,
        state,
        due,
        // Sources say again where they are, and what has ended.
        watermark: Number.NEGATIVE_INFINITY,
        watermarks: inputs.map((s) => new Array(s.parallelism).fill(Number.NEGATIVE_INFINITY)),
      });
    }
  }

  private route(step: Step, input: number, from: number): Step['targets'][number] {
    const { node } = step;
    if (node.spec.kind === 'sink') return (row, kind) => this.options.collect(row, kind, node);
    const { partitioning } = node.inputs[input];
    const hash = partitioning.kind === 'hash' ? compileKeyHash(partitioning.keys) : undefined;
    const union = node.spec.kind === 'union';
    let next = 0;
    return (row, kind, subtask) => {
      const { tasks } = step;
      const target = hash
        ? ownerOf(keyGroupOf(hash(row), MAX_PARALLELISM), tasks.length)
        : partitioning.kind === 'global'
          ? 0
          : partitioning.kind === 'forward' && from === tasks.length
            ? subtask
            : next++ % tasks.length;
      const { transform } = tasks[target];
      if (input === 0 || union) transform.process(row, kind);
      else transform.processRight!(row, kind);
    };
  }

  row(source: string, row: Row, kind: RowKind): void {
    for (const target of this.steps.get(source)!.targets) target(row, kind, 0);
    this.settle();
  }

  private settle(): void {
    if (!this.options.disk) return;
    for (const { transform } of this.tasks()) transform.tick?.();
    for (const { state } of this.tasks()) state.settle();
  }

  watermark(source: string, timestamp: number): void {
    this.advance(this.steps.get(source)!, 0, timestamp);
    this.settle();
  }

  private advance(step: Step, subtask: number, timestamp: number): void {
    for (const { step: follower, input } of step.followers) {
      for (const task of follower.tasks) {
        task.watermarks[input][subtask] = timestamp;
        if (timestamp === MAX_WATERMARK && task.watermarks[input].every((w) => w === MAX_WATERMARK)) {
          task.transform.endOfSide?.(input);
        }
        const least = Math.min(...task.watermarks.flat());
        if (least <= task.watermark) continue;
        task.watermark = least;
        const out = task.transform.onWatermark ? task.transform.onWatermark(least) : least;
        // handOn() comes later. What answers later is not run here.
        if (out === undefined && !task.transform.resume) continue;
        if (out === undefined) throw new Error('this harness runs only transforms that answer at once');
        if (out === MAX_WATERMARK) {
          task.transform.flush?.();
          task.transform.endOfInput?.();
        }
        this.advance(follower, task.subtask, out);
      }
    }
  }

  /** What a slot does between pieces of work. */
  tick(): void {
    const now = this.options.now();
    for (const task of this.tasks()) {
      task.transform.tick?.();
      if (!task.due.some((t) => t <= now)) continue;
      task.due = task.due.filter((t) => t > now);
      task.transform.onProcessingTime?.(now);
    }
  }

  end(source: string): void {
    this.watermark(source, MAX_WATERMARK);
  }

  private *tasks(): Generator<Task & { node: PlanNode }> {
    for (const { node, tasks } of this.steps.values()) for (const task of tasks) yield { ...task, node };
  }

  /** A checkpoint of all steps on top of the one before. */
  async checkpoint(previous?: Checkpoint): Promise<Checkpoint> {
    const id = ++this.checkpoints;
    const store = previous?.store ?? new MemoryStore();
    const acks = [];
    // Upstream first: what a step holds back goes into the state of those behind it.
    for (const { node, tasks } of this.steps.values()) {
      for (const { transform } of tasks) transform.flush?.();
      for (const { transform, state, subtask, watermark } of tasks) {
        const key = `${node.id}/${subtask}`;
        const history = this.history.get(key) ?? { segments: [], rewritten: [] };
        this.history.set(key, history);
        const ack: { -readonly [K in keyof NodeAck]: NodeAck[K] } = {
          operator: transform.snapshotOperator?.(),
          watermark: Number.isFinite(watermark) ? watermark : null,
        };
        if (state.layouts.length > 0) {
          const { segments, rewritten, done } = cutWhole(state);
          if (rewritten.length > 0) history.rewritten.push([id, formatGroups(rewritten)]);
          await done;
          for (const [i, segment] of segments.entries()) {
            const ref = segmentRef(segment, `${key}@${id}-${i}`, id);
            history.segments.push(ref);
            await store.put(ref.key, segment.bytes);
          }
          ack.keyed = { tables: state.layouts, segments: [...history.segments], rewritten: [...history.rewritten] };
        }
        acks.push({
          checkpoint: id,
          stage: 0,
          subtask,
          nodes: { [node.id]: ack },
          bytes: 0,
          alignMs: 0,
          syncMs: 0,
          asyncMs: 0,
        });
      }
    }
    return { store, nodes: mergeAcks(acks, previous?.nodes ?? {}, MAX_PARALLELISM) };
  }
}

function ownerOf(group: number, parallelism: number): number {
  return Math.floor((group * parallelism) / MAX_PARALLELISM);
}
