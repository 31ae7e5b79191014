/** What one slot is told to run. Pure. */
import type { SplitSnapshot } from '../snapshot/manifest.js';
import type { SlotDeployment } from '../task/environment.js';
import type { CoordinatorOptions } from './contract.js';

/** What all slots of an attempt share, beside the job's own settings. */
type Shared = Pick<
  SlotDeployment,
  'attempt' | 'parallelism' | 'owners' | 'peers' | 'restore' | 'kept' | 'after' | 'initial' | 'noMoreSplits'
>;

/** `splits`: source → subtask → its splits. */
export function slotDeployment(
  options: CoordinatorOptions,
  shared: Shared,
  slot: number,
  splits: ReadonlyMap<string, readonly (readonly SplitSnapshot[])[]>,
): SlotDeployment {
  const mine = [...splits].flatMap(([node, perSubtask]) => (perSubtask[slot] ? [[node, perSubtask[slot]]] : []));
  const { initial, ...rest } = shared;
  return {
    ...rest,
    job: options.job,
    plan: options.plan,
    maxParallelism: options.maxParallelism,
    slot,
    batch: options.batch,
    guarantee: options.guarantee,
    stateDisk: options.stateDisk,
    store: options.storeSpec,
    baseDir: options.baseDir,
    splits: Object.fromEntries(mine),
    ...(initial && Object.keys(initial).length > 0 ? { initial } : {}),
  };
}
