/** One attempt to run the job: which slot stands where, and what the slots have reported. */
import type { PlanNode } from '../graph/plan.js';
import type { Stage } from '../graph/stages.js';
import type { SlotOrder } from '../task/slot.js';
import type { ThreadPlace } from './placement.js';

/** An order as it is written down once for all slots: the attempt is added on the way. */
type WithoutAttempt<T> = T extends { readonly attempt: number } ? Omit<T, 'attempt'> : never;

export interface DeploymentSpec {
  readonly attempt: number;
  readonly parallelism: number;
  /** Key group → slot. */
  readonly owners: readonly number[];
  /** Slot → where it runs. */
  readonly places: readonly ThreadPlace[];
  readonly stages: readonly Stage[];
  /** Tasks `stage/subtask` that have read their input to its end. */
  readonly finished?: Iterable<string>;
}

export class Deployment {
  readonly attempt: number;
  readonly parallelism: number;
  readonly owners: readonly number[];
  readonly places: readonly ThreadPlace[];
  readonly stages: readonly Stage[];
  /** All tasks, `stage/subtask`. */
  readonly tasks: readonly string[];
  restoredBytes = 0;
  /** Resolves when each slot has deployed its tasks. Rejects by `fail`. */
  readonly deployed: Promise<void>;
  fail!: (error: Error) => void;
  private succeed!: () => void;
  private readonly waiting: Set<number>;
  private readonly finished: Set<string>;
  private readonly committed = new Map<number, Set<number>>();

  constructor(
    spec: DeploymentSpec,
    private readonly send: (place: ThreadPlace, order: SlotOrder) => void,
  ) {
    this.attempt = spec.attempt;
    this.parallelism = spec.parallelism;
    this.owners = spec.owners;
    this.places = spec.places;
    this.stages = spec.stages;
    this.tasks = spec.stages.flatMap((s) => Array.from({ length: s.parallelism }, (_, i) => `${s.index}/${i}`));
    this.waiting = new Set(spec.places.keys());
    this.finished = new Set(spec.finished);
    this.deployed = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
    this.deployed.catch(() => {});
  }

  /** The slot at that place; -1: none of this attempt. */
  slotAt(runner: string, thread: number): number {
    return this.places.findIndex((p) => p.runner === runner && p.thread === thread);
  }

  uses(runner: string): boolean {
    return this.places.some((p) => p.runner === runner);
  }

  /** Tells every slot. */
  tell(order: WithoutAttempt<SlotOrder>): void {
    for (const slot of this.places.keys()) this.tellOne(slot, order);
  }

  tellOne(slot: number, order: WithoutAttempt<SlotOrder>): void {
    this.send(this.places[slot], { ...order, attempt: this.attempt } as SlotOrder);
  }

  /** Slots that have not deployed their tasks yet. */
  get slotsMissing(): number {
    return this.waiting.size;
  }

  slotDeployed(slot: number, restoredBytes: number): void {
    this.restoredBytes += restoredBytes;
    this.waiting.delete(slot);
    if (this.waiting.size === 0) this.succeed();
  }

  taskFinished(stage: number, subtask: number): void {
    this.finished.add(`${stage}/${subtask}`);
  }

  /** All input is read and worked off. */
  get isFinished(): boolean {
    return this.tasks.every((t) => this.finished.has(t));
  }

  /** The slot has made visible what the checkpoint holds. */
  slotCommitted(slot: number, checkpoint: number): void {
    const slots = this.committed.get(checkpoint) ?? new Set();
    slots.add(slot);
    this.committed.set(checkpoint, slots);
  }

  isCommitted(checkpoint: number): boolean {
    return this.committed.get(checkpoint)?.size === this.places.length;
  }

  /** A checkpoint is complete: the slots commit it. */
  complete(checkpoint: number): void {
    for (const id of this.committed.keys()) if (id < checkpoint - 10) this.committed.delete(id);
    this.tell({ type: 'complete', checkpoint });
  }
}

/** How many subtasks a step has in a job of that parallelism. */
export function widthOf(node: PlanNode, parallelism: number): number {
  return Math.max(1, Math.min(node.parallelism ?? parallelism, parallelism));
}
