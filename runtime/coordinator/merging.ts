/**
 * Merges small segments beside the checkpoints: one run at a time, after a checkpoint is complete. The merged segment stands in the
 * manifest of a later checkpoint; until then nothing depends on it.
 */
import type { Manifest } from '../snapshot/manifest.js';
import { mergeSegments, runToMerge, type SegmentMerge, withMerges } from '../snapshot/merge-segments.js';
import type { ObjectStore } from '../snapshot/store.js';
import type { Logger } from '../source/contract.js';

export class Merging {
  /** Written, and in no complete checkpoint yet. */
  private ready: SegmentMerge[] = [];
  private writing: string | undefined;
  private made = 0;

  constructor(
    private readonly store: ObjectStore,
    private readonly epoch: number,
    private readonly log: Logger,
  ) {}

  /** Keys of segments that no manifest names yet, and that must stay. */
  get unnamed(): ReadonlySet<string> {
    const keys = this.ready.map((merge) => merge.merged.key);
    return new Set(this.writing === undefined ? keys : [...keys, this.writing]);
  }

  /** The nodes of the latest manifest, on which the next one is built, with what was merged. */
  apply(nodes: Manifest['nodes']): { readonly nodes: Manifest['nodes']; readonly applied: readonly SegmentMerge[] } {
    return withMerges(nodes, this.ready);
  }

  /** A checkpoint with the merges `applied` is complete. Those that don't fit the latest one's nodes any more are forgotten too. */
  settled(applied: readonly SegmentMerge[], latest: Manifest['nodes']): void {
    const waiting = this.ready.filter((merge) => !applied.includes(merge));
    this.ready = [...withMerges(latest, waiting).applied];
  }

  /** Merges one run of segments of `latest`, if there is one and nothing is being merged or waits for its checkpoint. */
  async run(latest: Manifest): Promise<void> {
    if (this.writing !== undefined || this.ready.length > 0) return;
    for (const [node, { keyed }] of Object.entries(latest.nodes)) {
      const run = keyed ? runToMerge(keyed.segments) : [];
      if (!keyed || run.length === 0) continue;
      const key = `segments/${encodeURIComponent(node)}/${String(latest.id).padStart(10, '0')}-${this.epoch}-merged${++this.made}.seg`;
      this.writing = key;
      try {
        const merged = await mergeSegments(this.store, run, keyed.since, key);
        if (merged) this.ready.push({ node, replaced: new Set(run.map((ref) => ref.key)), merged });
      } catch (error) {
        // What was to be merged is still there.
        this.log.warn({ node, error: (error as Error).message }, "segments can't be merged now");
      } finally {
        this.writing = undefined;
      }
      return;
    }
  }
}
