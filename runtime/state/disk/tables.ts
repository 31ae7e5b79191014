/**
 * Tables whose entries may leave memory: how they go into records. An entry that has left is nobody's: whoever holds one over a
 * call in which room may be made would change a copy that is lost, and touch() says so.
 */
import { ByteReader, type ByteWriter } from '../../record/bytes.js';
import type { ObjectCodec } from '../../record/object-codec.js';
import { Bucket, BucketTable } from '../bucket-table.js';
import { KeyedTable } from '../keyed-table.js';
import { type Entry, EVICTED, type MapKey, type TableSpec } from '../table.js';
import { ColdSide, type RecordForm } from './cold-side.js';
import { HEADER, ROW_HEADER, visitRows } from './group-log.js';
import type { StateDisk } from './state-disk.js';

/** `_e` at or below it: in memory and the same as its record, which of a single entry is at CLEAN − `_e`. */
const CLEAN = -3;

/** Appends a row: its length, whether it was touched since the last cut, its bytes. */
function writeRow(entry: Entry, changed: boolean, codec: ObjectCodec<Entry>, out: ByteWriter): void {
  const at = out.pos;
  out.u32(0);
  codec.write(entry, out);
  out.buf.writeUInt32LE((out.pos - at - ROW_HEADER) * 2 + (changed ? 1 : 0), at);
}

function assertInUse(entry: Entry, table: string): void {
  if (entry._e === EVICTED) throw new Error(`an entry of table ${table} was changed after it had left memory`);
}

export class DiskKeyedTable extends KeyedTable {
  override readonly cold: ColdSide<Entry>;

  constructor(spec: TableSpec, maxParallelism: number, disk: StateDisk) {
    super(spec, maxParallelism);
    this.cold = new ColdSide<Entry>(disk, this, this.form());
  }

  override touch(entry: Entry): void {
    assertInUse(entry, this.spec.name);
    super.touch(entry);
  }

  private form(): RecordForm<Entry> {
    return {
      keyOf: (entry) => this.mapKey(entry),
      entriesIn: () => 1,
      cleanPosition: (entry) => (entry._e <= CLEAN ? CLEAN - entry._e : -1),
      forgetPosition: (entry, isGone) => {
        if (entry._e <= CLEAN && isGone(CLEAN - entry._e)) entry._e = 0;
      },
      write: (entry, out) => {
        const changed = entry._e === this.epoch;
        writeRow(entry, changed, this.codec, out);
        return changed ? 1 : -2;
      },
      read: (bytes, record) => this.codec.read(new ByteReader(bytes, record + HEADER + ROW_HEADER)),
      loaded: (entry, _bytes, _record, position, changed) => {
        entry._e = changed ? this.epoch : CLEAN - position;
        if (changed) this.dirty.push(entry);
      },
      evicted: (entry) => {
        entry._e = EVICTED;
      },
      isExpired: (entry) => this.isExpired(entry),
    };
  }
}

class DiskBucket extends Bucket {
  /** Where its record is; -1: nowhere. */
  position = -1;
  /** How many rows its record has. */
  stored = 0;
}

export class DiskBucketTable extends BucketTable {
  override readonly cold: ColdSide<Bucket>;

  constructor(spec: TableSpec, maxParallelism: number, disk: StateDisk) {
    super(spec, maxParallelism);
    this.cold = new ColdSide<Bucket>(disk, this, this.form() as RecordForm<Bucket>);
  }

  protected override make(group: number, key: MapKey): Bucket {
    return new DiskBucket(group, key);
  }

  override touch(entry: Entry): void {
    assertInUse(entry, this.spec.name);
    super.touch(entry);
  }

  override arrange(compare: (a: Entry, b: Entry) => number): void {
    super.arrange(compare);
    for (let group = 0; group < this.maxParallelism; group++) {
      for (const bucket of this.cold.oldOf(group)?.values() ?? []) bucket.rows.sort(compare);
    }
  }

  private form(): RecordForm<DiskBucket> {
    return {
      keyOf: (bucket) => bucket.key,
      entriesIn: (bucket) => bucket.rows.length,
      cleanPosition: ({ position, stored, rows }) => {
        if (position < 0 || rows.length !== stored) return -1;
        for (let i = 0; i < rows.length; i++) if (rows[i]._e !== CLEAN) return -1;
        return position;
      },
      forgetPosition: (bucket, isGone) => {
        if (bucket.position >= 0 && isGone(bucket.position)) bucket.position = -1;
      },
      write: ({ rows }, out) => {
        let anyChanged = false;
        for (let i = 0; i < rows.length; i++) {
          const changed = rows[i]._e === this.epoch;
          if (changed) anyChanged = true;
          writeRow(rows[i], changed, this.codec, out);
        }
        return anyChanged ? rows.length : -rows.length - 1;
      },
      read: (bytes, record, group) => this.readBucket(bytes, record, group),
      loaded: (bucket, bytes, record, position, changed) => {
        bucket.position = position;
        bucket.stored = bucket.rows.length;
        for (const row of bucket.rows) row._e = CLEAN;
        if (changed) this.markChanged(bucket, bytes, record);
      },
      evicted: (bucket) => {
        for (const row of bucket.rows) row._e = EVICTED;
      },
      isExpired: (bucket) => bucket.rows.every((row) => this.isExpired(row)),
    };
  }

  private readBucket(bytes: Buffer, record: number, group: number): DiskBucket {
    const rows: Entry[] = [];
    visitRows(bytes, record, (_bytes, start) => rows.push(this.codec.read(new ByteReader(bytes, start))));
    const bucket = new DiskBucket(group, this.mapKey(rows[0]));
    bucket.rows = rows;
    for (const row of rows) if (row.q >= bucket.next) bucket.next = row.q + 1;
    if (this.order && rows.length > 1) rows.sort(this.order);
    return bucket;
  }

  /** Rows that were touched before they left, and not cut yet, are touched. */
  private markChanged(bucket: Bucket, bytes: Buffer, record: number): void {
    // They may stand in another order than they were written in.
    const touched = new Set<number>();
    visitRows(bytes, record, (_bytes, start, _end, changed) => {
      if (changed) touched.add(this.codec.read(new ByteReader(bytes, start)).q);
    });
    for (const row of bucket.rows) {
      if (!touched.has(row.q)) continue;
      row._e = this.epoch;
      this.dirty.push(row);
    }
  }
}
