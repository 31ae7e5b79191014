/** Segments of state that is partly on disk: between the bytes of what was in memory come records copied from the logs. */

import { SegmentBuilder } from '../../snapshot/segment.js';
import type { SegmentBytes } from '../cut/state-cut.js';
import { PUT } from '../table.js';
import { type RecordReading, readLater, visitRows } from './group-log.js';
import { Scratch } from './scratch.js';
import type { StateDisk } from './state-disk.js';

/** What a cut has of one group of one table. */
export interface MemoryPart {
  readonly group: number;
  readonly table: number;
  /** Place of what was in memory, in the bytes of all parts. */
  readonly start: number;
  readonly end: number;
  readonly onDisk: RecordReading | undefined;
  /** The group is written in full. */
  readonly anew: boolean;
}

/** Records on disk that were copied, of groups that are not written in full; and the bytes of all segments. */
interface Copied {
  readonly changes: number;
  readonly changeBytes: number;
  readonly bytes: number;
}

/** What the disk holds when this is made stays readable until the segments are composed, or it is closed. */
export class SegmentComposer {
  private readonly release: () => void;
  private closed = false;

  constructor(disk: StateDisk) {
    this.release = disk.pin();
  }

  /** Composes the segments beside the data. The parts are in order of their groups. Rejects with StateDiskError. */
  async compose(
    parts: readonly MemoryPart[],
    memory: Buffer,
    to: {
      readonly segmentBytes: number;
      readonly expectedBytes: number;
      readonly segment: (segment: SegmentBytes) => void;
    },
  ): Promise<Copied> {
    try {
      return await this.copy(parts, memory, to);
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.release();
  }

  private async copy(
    parts: readonly MemoryPart[],
    memory: Buffer,
    to: Parameters<SegmentComposer['compose']>[2],
  ): Promise<Copied> {
    const scratch = new Scratch();
    const copied = { changes: 0, changeBytes: 0, bytes: 0 };
    const room = () => {
      const left = Math.max(memory.length - (parts[0]?.start ?? 0), to.expectedBytes) - copied.bytes;
      // Growing copies everything: a little more than last time is enough mostly.
      return Math.max(64 * 1024, Math.min(Math.ceil(left * 1.1), to.segmentBytes * 1.25));
    };
    let builder = new SegmentBuilder(room());
    const give = () => {
      if (builder.empty) return;
      const segment = builder.finish();
      copied.bytes += segment.bytes.length;
      to.segment(segment);
    };
    for (let i = 0; i < parts.length; i++) {
      const { group, table, start, end, onDisk, anew } = parts[i];
      const { out } = builder;
      if (parts[i - 1]?.group !== group) builder.begin();
      out.bytes(memory.subarray(start, end));
      if (onDisk) {
        const before = out.pos;
        await readLater(onDisk, scratch, (bytes, record) =>
          visitRows(bytes, record, (_bytes, from, to, changed) => {
            if (!anew && !changed) return;
            if (!anew) copied.changes++;
            out.byte(table);
            out.byte(PUT);
            out.slice(bytes, from, to);
          }),
        );
        if (!anew) copied.changeBytes += out.pos - before;
      }
      if (parts[i + 1]?.group === group) continue;
      builder.end(group);
      if (out.pos >= to.segmentBytes) {
        give();
        builder = new SegmentBuilder(room());
      }
    }
    give();
    return copied;
  }
}
