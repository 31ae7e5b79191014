/**
 * Which version of a model the steps of a job ask, and how that changes while it runs:
 *
 * 1. somebody promotes another version in the registry, which is looked at every few seconds;
 * 2. every slot that hosts the step loads it beside the one in use (`prepare`), and says so;
 * 3. the next barrier carries the change; each subtask asks the new version for the rows behind it, and its snapshot says so;
 * 4. when that checkpoint is complete, the version is the job's: a restart begins with it.
 *
 * A version that one slot can't load is refused: the job goes on with the one it has, and `status()` says why. A barrier whose
 * checkpoint is given up may have changed some subtasks and not others: the next barrier carries the change again, and no complete
 * snapshot ever has two versions.
 */
import type { ScoreSpec } from '../graph/model-steps.js';
import type { PlanNode } from '../graph/plan.js';
import type { Manifest } from '../snapshot/manifest.js';
import type { Json, Logger } from '../source/contract.js';
import { parseDuration } from '../time/duration.js';
import type { ModelAccess } from '../transform/model/access.js';
import type { ModelSnapshot } from '../transform/model/embedded.js';

export interface ModelStatus {
  /** Step that uses it. */
  readonly node: string;
  readonly model: string;
  readonly version: string | undefined;
  /** Being loaded, or about to be used. */
  readonly next?: string;
  readonly refused?: { readonly version: string; readonly reason: string };
  /** Versions changed since the job was deployed. */
  readonly changes: number;
}

interface Step {
  readonly node: PlanNode;
  readonly spec: ScoreSpec;
  version: string | undefined;
  next: { readonly version: string; readonly waiting: Set<number>; ready: boolean } | undefined;
  refused: { readonly version: string; readonly reason: string } | undefined;
  changes: number;
}

export interface ModelVersionsHooks {
  /** Slots that host the step now. */
  slots(node: PlanNode): readonly number[];
  /** Has those slots get ready. */
  prepare(node: string, change: Json): void;
  /** All are ready: a barrier is wanted. */
  due(): void;
}

const POLL_MS = 2000;

export class ModelVersions {
  private readonly steps = new Map<string, Step>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly pollMs: number;

  constructor(
    nodes: readonly PlanNode[],
    private readonly access: ModelAccess,
    private readonly log: Logger,
    private readonly hooks: ModelVersionsHooks,
  ) {
    const intervals: number[] = [];
    for (const node of nodes) {
      const spec = node.spec as unknown as ScoreSpec;
      if (spec.kind !== 'other' || spec.transform !== 'score' || spec.provider !== 'tidewheel') continue;
      if (spec.options.path !== undefined || spec.options.version !== undefined) continue;
      intervals.push(spec.options['poll-interval'] ? parseDuration(spec.options['poll-interval']) : POLL_MS);
      this.steps.set(node.id, { node, spec, version: undefined, next: undefined, refused: undefined, changes: 0 });
    }
    this.pollMs = Math.min(POLL_MS, ...intervals);
  }

  /** Where a deployment starts: the snapshot's versions, else those promoted now. What was being prepared is forgotten. */
  async deploying(from: Manifest | undefined): Promise<Record<string, Json>> {
    const initial: Record<string, Json> = {};
    for (const [id, step] of this.steps) {
      step.next = undefined;
      step.version = versionIn(from, step) ?? (await this.promoted(step));
      if (step.version !== undefined) initial[id] = { version: step.version };
    }
    return initial;
  }

  /** Goes on with tasks that run already. */
  adopted(latest: Manifest | undefined): void {
    for (const step of this.steps.values()) step.version = versionIn(latest, step);
  }

  /** Follows what is promoted until stop(). */
  follow(): void {
    if (this.steps.size === 0) return;
    this.stopped = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.pollMs);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    for (const step of this.steps.values()) {
      const version = await this.promoted(step);
      if (this.stopped) return;
      if (version === undefined || version === step.version) {
        step.refused = undefined;
        if (!step.next?.ready) step.next = undefined;
        continue;
      }
      if (version === step.next?.version || version === step.refused?.version) continue;
      step.next = { version, waiting: new Set(this.hooks.slots(step.node)), ready: false };
      step.refused = undefined;
      this.log.info({ model: step.spec.options.name, version }, 'another version is promoted: it is loaded beside');
      this.hooks.prepare(step.node.id, { version });
    }
    this.follow();
  }

  /** A store that is away is no news: the version in use stays. */
  private async promoted(step: Step): Promise<string | undefined> {
    try {
      const registry = await this.access.registry(step.spec.options);
      return (await registry.promoted(step.spec.options.name))?.version;
    } catch (error) {
      this.log.warn(
        { model: step.spec.options.name, error: (error as Error).message },
        'the registry can’t be read now',
      );
      return undefined;
    }
  }

  /** A slot has loaded what it was asked to, or can't. */
  prepared(slot: number, node: string, change: Json, error: string | undefined): void {
    const step = this.steps.get(node);
    const { version } = change as { version: string };
    if (!step?.next || step.next.version !== version) return;
    if (error !== undefined) {
      step.next = undefined;
      step.refused = { version, reason: error };
      const { name } = step.spec.options;
      this.log.error(
        { model: name, version, inUse: step.version, error },
        'a promoted version is refused: it can’t be used',
      );
      return;
    }
    step.next.waiting.delete(slot);
    if (step.next.waiting.size > 0 || step.next.ready) return;
    step.next.ready = true;
    this.hooks.due();
  }

  /** What the next barrier changes. */
  changes(): Record<string, Json> | undefined {
    const ready = [...this.steps].filter(([, step]) => step.next?.ready);
    if (ready.length === 0) return undefined;
    return Object.fromEntries(ready.map(([id, step]) => [id, { version: step.next!.version }]));
  }

  /** A checkpoint is complete: its versions are the job's. */
  completed(manifest: Manifest): void {
    for (const step of this.steps.values()) {
      const version = versionIn(manifest, step);
      if (version === undefined || version === step.version) continue;
      step.version = version;
      step.changes++;
      if (step.next?.version === version) step.next = undefined;
    }
  }

  status(): ModelStatus[] {
    return [...this.steps].map(([node, { spec, version, next, refused, changes }]) => ({
      node,
      model: spec.options.name,
      version,
      ...(next ? { next: next.version } : {}),
      ...(refused ? { refused } : {}),
      changes,
    }));
  }
}

function versionIn(manifest: Manifest | undefined, { node, spec }: Step): string | undefined {
  const states = manifest?.nodes[node.id]?.operator as unknown as readonly ModelSnapshot[] | undefined;
  return states?.[0]?.model === spec.options.name ? states[0].version : undefined;
}
