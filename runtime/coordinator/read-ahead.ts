/**
 * Orders to slots to read state before they need it. Pure.
 *
 * While the successor of a lost runner starts, the slots that are still there read their part of the state: what they had in memory
 * is beyond the checkpoint to which the job goes back. Before a rescale each slot reads the key groups that it will get.
 */
import type { SlotOrder } from '../task/slot.js';
import type { ThreadPlace } from './placement.js';

export interface SlotsBefore {
  readonly attempt: number;
  readonly places: readonly ThreadPlace[];
  /** Key group → slot. */
  readonly owners: readonly number[];
}

export interface ReadAhead {
  readonly place: ThreadPlace;
  readonly order: SlotOrder;
}

type From = Pick<Extract<SlotOrder, { type: 'preload' }>, 'store' | 'key' | 'stateDisk' | 'lazily'>;

/** The orders to the slots on those runners: each reads the key groups that it had. */
export function readAhead(before: SlotsBefore, isThere: (runner: string) => boolean, from: From): ReadAhead[] {
  return before.places.flatMap((place, slot) => {
    const groups = before.owners.flatMap((owner, group) => (owner === slot ? [group] : []));
    return isThere(place.runner) ? read(place, groups, before, { ...from, lazily: true }) : [];
  });
}

/** The orders to the slots of a coming deployment: each reads the key groups that it doesn't have yet. */
export function readMoving(
  before: SlotsBefore,
  after: Pick<SlotsBefore, 'places' | 'owners'>,
  from: From,
): ReadAhead[] {
  return after.places.flatMap((place, slot) => {
    const old = before.places[slot];
    const stays = old && old.runner === place.runner && old.thread === place.thread;
    const groups = after.owners.flatMap((o, g) => (o === slot && !(stays && before.owners[g] === slot) ? [g] : []));
    return read(place, groups, before, from);
  });
}

function read(place: ThreadPlace, groups: readonly number[], { attempt }: SlotsBefore, from: From): ReadAhead[] {
  return groups.length === 0 ? [] : [{ place, order: { type: 'preload', attempt, ...from, groups } }];
}
