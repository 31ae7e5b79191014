/**
 * While the successor of a lost runner starts, the slots that are still there read their part of the state: what they had in memory
 * is beyond the checkpoint to which the job goes back.
 */
import type { SlotOrder } from '../task/slot.js';
import type { ThreadPlace } from './placement.js';

export interface SlotsBefore {
  readonly attempt: number;
  readonly places: readonly ThreadPlace[];
  /** Key group → slot. */
  readonly owners: readonly number[];
}

/** The orders to the slots on those runners: each reads the key groups that it had. */
export function readAhead(
  before: SlotsBefore,
  isThere: (runner: string) => boolean,
  from: Pick<Extract<SlotOrder, { type: 'preload' }>, 'store' | 'key'>,
): { readonly place: ThreadPlace; readonly order: SlotOrder }[] {
  return before.places.flatMap((place, slot) => {
    const groups = before.owners.flatMap((owner, group) => (owner === slot ? [group] : []));
    if (!isThere(place.runner) || groups.length === 0) return [];
    return [{ place, order: { type: 'preload', attempt: before.attempt, ...from, groups } satisfies SlotOrder }];
  });
}
