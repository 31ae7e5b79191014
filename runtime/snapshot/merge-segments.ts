/**
 * Merging the segments of many small checkpoints into one, so that state that only grows, of which nothing is ever superseded, does
 * not leave a segment a checkpoint behind for ever.
 *
 * A run of checkpoints that follow each other is merged whole, the blocks of each key group in order, undecoded. The merged segment
 * counts as of the run's last checkpoint: read from any point before that on, it gives the same state, for the records of a key end
 * with its last one. A segment is only taken along when what came after it is half as large: a record is copied a few times in all.
 */
import type { KeyedSnapshot, Manifest } from './manifest.js';
import { formatGroups, readSegment, SegmentBuilder, type SegmentRef } from './segment.js';
import type { ObjectStore } from './store.js';

/** Checkpoints that a merge takes at least. */
const FAN_IN = 8;
/** How much larger than all newer ones of the run together the next one may be: what is large is not copied for little. */
const MOST_LARGER = 2;
/** What a merged segment is at most; larger ones are few, whatever the state's size. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface SegmentMerge {
  readonly node: string;
  /** Keys of the segments that are in the merged one. */
  readonly replaced: ReadonlySet<string>;
  readonly merged: SegmentRef;
}

/** The newest run of a node's segments that is worth merging; they are in order of their checkpoints. */
export function runToMerge(segments: readonly SegmentRef[]): readonly SegmentRef[] {
  let from = segments.length;
  let checkpoints = 0;
  let bytes = 0;
  while (from > 0) {
    // All segments of a checkpoint, of all subtasks, or none.
    let start = from - 1;
    let more = segments[start].bytes;
    while (start > 0 && segments[start - 1].checkpoint === segments[start].checkpoint) more += segments[--start].bytes;
    if (bytes + more > MOST_BYTES || (bytes > 0 && more > bytes * MOST_LARGER)) break;
    from = start;
    bytes += more;
    checkpoints++;
  }
  return checkpoints >= FAN_IN ? segments.slice(from) : [];
}

/**
 * Writes a run as one segment of that key. Undefined when nothing of it counts any more. Throws CorruptSnapshotError, and whatever
 * the store throws.
 */
export async function mergeSegments(
  store: ObjectStore,
  run: readonly SegmentRef[],
  since: readonly number[],
  key: string,
): Promise<SegmentRef | undefined> {
  const blocks = new Map<number, Buffer[]>();
  for (const ref of run) {
    const counts = (group: number) => ref.checkpoint >= (since[group] ?? 0);
    await readSegment(store, ref, counts, (group, block) => {
      const before = blocks.get(group);
      if (before) before.push(block);
      else blocks.set(group, [block]);
    });
  }
  if (blocks.size === 0) return undefined;
  const builder = new SegmentBuilder(run.reduce((sum, { bytes }) => sum + bytes, 0));
  for (const group of [...blocks.keys()].sort((a, b) => a - b)) {
    builder.begin();
    for (const block of blocks.get(group)!) builder.out.bytes(block);
    builder.end(group);
  }
  const { bytes, crc, groups } = builder.finish();
  await store.put(key, bytes);
  const { checkpoint } = run[run.length - 1];
  return { key, checkpoint, bytes: bytes.length, crc, groups: formatGroups(groups) };
}

/** A manifest's nodes with merged segments in place of what they replace. A merge that doesn't fit any more is left out. */
export function withMerges(
  nodes: Manifest['nodes'],
  merges: readonly SegmentMerge[],
): { readonly nodes: Manifest['nodes']; readonly applied: readonly SegmentMerge[] } {
  const out: Record<string, Manifest['nodes'][string]> = { ...nodes };
  const applied = merges.filter((merge) => {
    const keyed = out[merge.node]?.keyed;
    const segments = keyed && replaceRun(keyed, merge);
    if (segments) out[merge.node] = { ...out[merge.node], keyed: { ...keyed, segments } };
    return segments !== undefined;
  });
  return { nodes: out, applied };
}

function replaceRun({ segments }: KeyedSnapshot, { replaced, merged }: SegmentMerge): SegmentRef[] | undefined {
  const at = segments.findIndex((segment) => replaced.has(segment.key));
  const rest = segments.filter((segment) => !replaced.has(segment.key));
  // Some are gone since, superseded: what the merged one has of them would be copied on in vain.
  if (rest.length + replaced.size !== segments.length) return undefined;
  return [...rest.slice(0, at), merged, ...rest.slice(at)];
}
