/**
 * Orders to slots to read state before they need it. Pure.
 *
 * While the successor of a lost runner starts, the slots that are still there read their part of the state: what they had in memory
 * is beyond the checkpoint to which the job goes back. Before a rescale each slot reads the key groups that it will get. Runners that
 * stand by follow the checkpoints: what they take over when another dies is in their memory, but for what came last.
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

/**
 * The orders to the slots of a coming deployment: each reads the key groups that it doesn't have yet. One on a new runner only fetches
 * them: it reads their entries while the job comes to its stop, and the rest beside its first rows. A job is scaled because it is loaded,
 * and the sooner a part of it is somewhere else the better. One that has tasks would keep these waiting.
 */
export function readMoving(
  before: SlotsBefore,
  after: Pick<SlotsBefore, 'places' | 'owners'>,
  from: From,
): ReadAhead[] {
  return after.places.flatMap((place, slot) => {
    const old = before.places[slot];
    const stays = old && old.runner === place.runner && old.thread === place.thread;
    const groups = after.owners.flatMap((o, g) => (o === slot && !(stays && before.owners[g] === slot) ? [g] : []));
    const isNew = before.places.every(({ runner }) => runner !== place.runner);
    return read(place, groups, before, isNew ? { ...from, lazily: true } : from);
  });
}

/**
 * What a runner that stands by may hold of a job's state, in bytes of its snapshot, where that is more than what any runner holds: little,
 * as its memory is measured for the latter, and entries take two to three times the bytes.
 */
const STANDBY_BYTES = 32 << 20;

/**
 * The orders to the runners that stand by: each reads what some of the slots have, as many as there is room for, together all of them where
 * that can be. `stateBytes`: of all slots.
 */
export function readBeside(
  running: SlotsBefore,
  standbys: readonly string[],
  from: From,
  stateBytes: number,
): ReadAhead[] {
  const slots = running.places.length;
  const perRunner = Math.max(...running.places.map((p) => running.places.filter((q) => q.runner === p.runner).length));
  const room = Math.floor((STANDBY_BYTES * slots) / Math.max(1, stateBytes));
  const share = Math.min(slots, Math.max(perRunner, room));
  return standbys.flatMap((runner, at) => {
    const held = new Set(Array.from({ length: share }, (_, i) => (at * share + i) % slots));
    const groups = running.owners.flatMap((owner, group) => (held.has(owner) ? [group] : []));
    return read({ runner, thread: 0 }, groups, running, { ...from, lazily: true });
  });
}

function read(place: ThreadPlace, groups: readonly number[], { attempt }: SlotsBefore, from: From): ReadAhead[] {
  return groups.length === 0 ? [] : [{ place, order: { type: 'preload', attempt, ...from, groups } }];
}
