/**
 * A segment: what one task wrote of one node's keyed state at one checkpoint, ordered by key group.
 *
 * "TWSG" u32 version · blocks, one a key group · footer (JSON: [[keyGroup, offset, length, crc32], …]) ·
 * u32 footer length · u32 footer crc32 · "GSWT"
 *
 * A reader that needs some key groups reads the tail, then a range. Each block has its checksum, so a damaged one is refused.
 */
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../record/bytes.js';
import type { ObjectStore } from './store.js';

const MAGIC = 0x47535754;
const END_MAGIC = 0x54575347;
const VERSION = 1;
const HEADER = 8;
const TRAILER = 12;
/** Room for what surrounds the blocks: more than 128 key groups take. */
const FRAME_ROOM = 8 * 1024;
/** Segments up to this size are read whole in any case. */
const READ_WHOLE = 1 << 20;

/** How a manifest names a segment. */
export interface SegmentRef {
  readonly key: string;
  readonly checkpoint: number;
  readonly bytes: number;
  /** CRC-32 of the footer, which has the blocks' checksums. */
  readonly crc: number;
  /** Key groups with a block, as ranges: "0-3,7". */
  readonly groups: string;
}

/** A snapshot's bytes are not what was written. Restoring goes no further. */
export class CorruptSnapshotError extends Error {
  readonly code = 'TW4001';
}

export class SegmentBuilder {
  readonly out: ByteWriter;
  private readonly index: [number, number, number, number][] = [];
  private start = 0;

  /** `bytes`: how many the blocks have together, where that is known. */
  constructor(bytes = 0) {
    this.out = new ByteWriter(bytes + FRAME_ROOM);
    this.out.u32(MAGIC);
    this.out.u32(VERSION);
  }

  /** Opens the block of a key group; blocks come in rising order. Write into `out`, then end(). */
  begin(): void {
    this.start = this.out.pos;
  }

  end(keyGroup: number): void {
    const length = this.out.pos - this.start;
    if (length === 0) return;
    const crc = crc32(this.out.buf.subarray(this.start, this.out.pos));
    this.index.push([keyGroup, this.start, length, crc]);
  }

  get empty(): boolean {
    return this.index.length === 0;
  }

  finish(): { bytes: Buffer; crc: number; groups: number[] } {
    const footer = Buffer.from(JSON.stringify(this.index));
    const crc = crc32(footer);
    this.out.bytes(footer);
    this.out.u32(footer.length);
    this.out.u32(crc);
    this.out.u32(END_MAGIC);
    return { bytes: this.out.view(), crc, groups: this.index.map((entry) => entry[0]) };
  }
}

/** Reads the blocks of the wanted key groups, checked. `visit` gets each block in rising order of key groups, once all are found to be good. */
export async function readSegment(
  store: ObjectStore,
  ref: SegmentRef,
  wanted: (keyGroup: number) => boolean,
  visit: (keyGroup: number, block: Buffer) => void,
): Promise<number> {
  try {
    return await readBlocks(store, ref, wanted, visit);
  } catch (error) {
    if (!(error instanceof CorruptSnapshotError) || !(await store.dropCopy?.(ref.key))) throw error;
    return readBlocks(store, ref, wanted, visit);
  }
}

async function readBlocks(
  store: ObjectStore,
  ref: SegmentRef,
  wanted: (keyGroup: number) => boolean,
  visit: (keyGroup: number, block: Buffer) => void,
): Promise<number> {
  const corrupt = (why: string) =>
    new CorruptSnapshotError(
      `segment ${ref.key} in ${store.description} is damaged: ${why}. Restore from an older snapshot`,
    );
  const groups = parseGroups(ref.groups);
  // Where its ends are wanted, so is all that is between: one call in place of two that wait for each other.
  const whole = ref.bytes <= READ_WHOLE || (wanted(groups[0]) && wanted(groups[groups.length - 1]));
  const tailBytes = Math.min(ref.bytes, whole ? ref.bytes : 64 * 1024);
  let tail = await store.get(ref.key, whole ? undefined : { offset: ref.bytes - tailBytes, length: tailBytes });
  if (tail.length !== tailBytes) throw corrupt(`it has ${tail.length} bytes where ${tailBytes} were written`);
  if (tail.readUInt32LE(tail.length - 4) !== END_MAGIC) throw corrupt('its end mark is missing');
  const footerCrc = tail.readUInt32LE(tail.length - 8);
  const footerBytes = tail.readUInt32LE(tail.length - TRAILER);
  if (footerCrc !== ref.crc) throw corrupt('its checksum is not the one that the manifest has');
  let read = tailBytes;
  if (footerBytes + TRAILER > tail.length) {
    tail = await store.get(ref.key, { offset: ref.bytes - footerBytes - TRAILER, length: footerBytes + TRAILER });
    read += tail.length;
  }
  const footer = tail.subarray(tail.length - TRAILER - footerBytes, tail.length - TRAILER);
  if (crc32(footer) !== footerCrc) throw corrupt('its index does not match its checksum');
  const index = (JSON.parse(footer.toString()) as [number, number, number, number][]).filter(([group]) =>
    wanted(group),
  );
  if (index.length === 0) return read;

  // One range from the first wanted block to the last: neighbours are usually wanted together.
  const from = index[0][1];
  const to = index[index.length - 1][1] + index[index.length - 1][2];
  const data = whole ? tail.subarray(from, to) : await store.get(ref.key, { offset: from, length: to - from });
  if (!whole) read += data.length;
  if (from < HEADER || data.length !== to - from) throw corrupt('it is shorter than its index says');
  const blockOf = (offset: number, length: number) => data.subarray(offset - from, offset - from + length);
  for (const [group, offset, length, crc] of index) {
    if (crc32(blockOf(offset, length)) !== crc) throw corrupt(`key group ${group} does not match its checksum`);
  }
  for (const [group, offset, length] of index) visit(group, blockOf(offset, length));
  return read;
}

/** [0,1,2,5] → "0-2,5" */
export function formatGroups(groups: readonly number[]): string {
  const out: string[] = [];
  for (let i = 0; i < groups.length; ) {
    let j = i;
    while (j + 1 < groups.length && groups[j + 1] === groups[j] + 1) j++;
    out.push(i === j ? `${groups[i]}` : `${groups[i]}-${groups[j]}`);
    i = j + 1;
  }
  return out.join(',');
}

export function parseGroups(text: string): number[] {
  const out: number[] = [];
  if (text === '') return out;
  for (const part of text.split(',')) {
    const [from, to = from] = part.split('-').map(Number);
    for (let g = from; g <= to; g++) out.push(g);
  }
  return out;
}
