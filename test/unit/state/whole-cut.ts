/** A cut as a task makes it, its memory written in one slice: for tests of state to which slices don't matter. */
import { formatGroups, type SegmentRef } from '../../../runtime/snapshot/segment.js';
import type { SegmentBytes } from '../../../runtime/state/cut/state-cut.js';
import type { NodeState } from '../../../runtime/state/node-state.js';

export interface WholeCut {
  /** Of state with a disk: complete once `done` has resolved. */
  readonly segments: readonly SegmentBytes[];
  /** Key groups written in full. */
  readonly rewritten: readonly number[];
  readonly done: Promise<void>;
}

/** What the segments are is fixed when this returns. `full`: all of the state. */
export function cutWhole(state: NodeState, full = false): WholeCut {
  const segments: SegmentBytes[] = [];
  const { cut, rewritten } = state.beginCut(full, (segment) => segments.push(segment));
  cut.work(Number.POSITIVE_INFINITY);
  return { segments, rewritten, done: cut.done };
}

/** Bytes of all of the state, written in full. */
export function fullBytes(state: NodeState): number {
  return cutWhole(state, true).segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** How a manifest lists a segment. */
export function segmentRef({ bytes, crc, groups }: SegmentBytes, key: string, checkpoint: number): SegmentRef {
  return { key, checkpoint, bytes: bytes.length, crc, groups: formatGroups(groups) };
}
