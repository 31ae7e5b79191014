/**
 * A ring of bytes in memory that two threads share: one writes, one reads, nothing is locked.
 *
 * Layout: four 32-bit integers (bytes written so far, bytes read so far, modulo 2^32; whether the reader need not be told; room
 * that the writer waits for), then CAPACITY bytes. Invariants: what is between the two counts belongs to the reader, the rest to
 * the writer; a count moves only behind the copying. Writes are rounded up to ALIGNMENT, so that doubles in them can be read where
 * they are.
 */
const CAPACITY = 1 << 19;
const HEADER_BYTES = 64;
/** What is written starts at a multiple of this. */
export const ALIGNMENT = 8;

const WRITTEN = 0;
const READ = 1;
const AWAKE = 2;
const WANTED = 3;

export class ByteRing {
  private readonly counts: Int32Array;
  private readonly bytes: Uint8Array;

  /** Over the memory of another thread's ring, or new. */
  constructor(readonly memory = new SharedArrayBuffer(HEADER_BYTES + CAPACITY)) {
    this.counts = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.bytes = new Uint8Array(memory, HEADER_BYTES);
  }

  /** Writes `from` from `start` on, as much as there is room for. Returns how many bytes of it were taken. */
  write(from: Uint8Array, start: number): number {
    const written = Atomics.load(this.counts, WRITTEN);
    // Both are multiples of ALIGNMENT, and so is the room: a piece that is no multiple is the last one of its frame.
    const room = CAPACITY - ((written - Atomics.load(this.counts, READ)) | 0);
    const n = Math.min(room, from.length - start);
    if (n === 0) return 0;
    const at = written & (CAPACITY - 1);
    const first = Math.min(n, CAPACITY - at);
    this.bytes.set(from.subarray(start, start + first), at);
    if (n > first) this.bytes.set(from.subarray(start + first, start + n), 0);
    Atomics.store(this.counts, WRITTEN, (written + n + ALIGNMENT - 1) & -ALIGNMENT);
    return n;
  }

  /** A copy of all that is there, or undefined. */
  read(): Buffer | undefined {
    const read = Atomics.load(this.counts, READ);
    const n = (Atomics.load(this.counts, WRITTEN) - read) | 0;
    if (n === 0) return undefined;
    const out = Buffer.allocUnsafeSlow(n);
    const at = read & (CAPACITY - 1);
    const first = Math.min(n, CAPACITY - at);
    out.set(this.bytes.subarray(at, at + first), 0);
    if (n > first) out.set(this.bytes.subarray(0, n - first), first);
    Atomics.store(this.counts, READ, (read + n) | 0);
    return out;
  }

  /** The writer has written: true when the reader sleeps and must be told. */
  announce(): boolean {
    return Atomics.exchange(this.counts, AWAKE, 1) === 0;
  }

  /** The reader looks by itself from now on. */
  hush(): void {
    Atomics.store(this.counts, AWAKE, 1);
  }

  /** The reader wants to be told of what comes from now on, and reads what is there. */
  heard(): void {
    Atomics.store(this.counts, AWAKE, 0);
  }

  /** The writer waits for room. It looks once more afterwards, for room that came meanwhile. */
  want(): void {
    Atomics.store(this.counts, WANTED, 1);
  }

  /** The reader has read: true when the writer waits for it. */
  wanted(): boolean {
    return Atomics.exchange(this.counts, WANTED, 0) === 1;
  }
}
