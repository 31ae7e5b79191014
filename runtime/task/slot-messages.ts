/** Orders to a slot, and what it says: messages, so that it may stand in another thread or process. */
import type { Barrier } from '../exchange/element.js';
import type { SplitSnapshot } from '../snapshot/manifest.js';
import type { StoreSpec } from '../snapshot/store.js';
import type { Json } from '../source/contract.js';
import type { SlotDeployment, TaskAck } from './environment.js';
import type { TaskMetrics } from './metrics.js';

/** Orders to a slot. */
export type SlotOrder =
  | { readonly type: 'deploy'; readonly deployment: SlotDeployment }
  /** Reads key groups that a coming deployment will give to this slot, while the data goes on. */
  | {
      readonly type: 'preload';
      readonly attempt: number;
      readonly store: StoreSpec;
      readonly key: string;
      readonly groups: readonly number[];
      readonly stateDisk?: SlotDeployment['stateDisk'];
      /** What has its bytes here is read as far as there is time for it until the deployment comes. */
      readonly lazily?: boolean;
    }
  | { readonly type: 'start'; readonly attempt: number }
  | { readonly type: 'barrier'; readonly attempt: number; readonly barrier: Barrier }
  | { readonly type: 'abandon'; readonly attempt: number; readonly checkpoint: number }
  | { readonly type: 'complete'; readonly attempt: number; readonly checkpoint: number }
  /** A step gets ready for what a coming barrier will change. */
  | { readonly type: 'prepare'; readonly attempt: number; readonly node: string; readonly change: Json }
  | {
      readonly type: 'splits';
      readonly attempt: number;
      readonly node: string;
      readonly splits: readonly SplitSnapshot[];
      readonly noMore: boolean;
    }
  /** Stops the tasks. `keep`: their state stays in memory for a deployment from the checkpoint they stopped at. */
  | { readonly type: 'cancel'; readonly attempt: number; readonly keep: boolean };

/** What a slot says. */
export type SlotReport =
  | { readonly type: 'preloaded'; readonly attempt: number; readonly bytes: number }
  | { readonly type: 'deployed'; readonly attempt: number; readonly restoredBytes: number }
  | { readonly type: 'ack'; readonly attempt: number; readonly ack: TaskAck }
  | { readonly type: 'declined'; readonly attempt: number; readonly checkpoint: number; readonly reason: string }
  | { readonly type: 'finished'; readonly attempt: number; readonly stage: number; readonly subtask: number }
  | { readonly type: 'committed'; readonly attempt: number; readonly checkpoint: number }
  /** All subtasks of the step in this slot are ready for the change, or one can't be. */
  | {
      readonly type: 'prepared';
      readonly attempt: number;
      readonly node: string;
      readonly change: Json;
      readonly error?: { readonly message: string; readonly code?: string };
    }
  | { readonly type: 'cancelled'; readonly attempt: number }
  | { readonly type: 'metrics'; readonly attempt: number; readonly tasks: readonly TaskMetrics[] }
  | {
      readonly type: 'failed';
      readonly attempt: number;
      readonly error: { readonly message: string; readonly code?: string; readonly stack?: string };
    };
