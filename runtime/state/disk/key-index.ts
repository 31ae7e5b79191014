/**
 * Where on disk the value of a key is: a hash table of (tag, position) in one typed array. The tag is 32 bits of the key's hash, so
 * most keys that aren't there are known not to be without a read; keys of one tag stand in several slots, told apart by reading.
 *
 * Open addressing with linear probing; a slot's home rises with its tag; what is removed is closed up at once, so that the table
 * has no tombstones (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). Grows by a quarter: about 11 bytes a key.
 */

const FULLEST = 0.85;
const GROWTH = 1.3;
const SMALLEST = 16;
const TAGS = 2 ** 32;

export class KeyIndex {
  size = 0;
  private capacity = SMALLEST;
  /** tag, position + 1 (0: empty), tag, … */
  private slots = new Uint32Array(2 * SMALLEST);

  get bytes(): number {
    return this.slots.byteLength;
  }

  insert(tag: number, position: number): void {
    if (this.size + 1 > this.capacity * FULLEST) this.grow();
    this.place(tag, position + 1);
    this.size++;
  }

  /** The first slot with that tag, or -1. */
  first(tag: number): number {
    return this.from(tag, this.home(tag));
  }

  /** The next slot with the tag of `slot`, or -1. */
  next(slot: number): number {
    return this.from(this.slots[2 * slot], slot + 1 === this.capacity ? 0 : slot + 1);
  }

  positionAt(slot: number): number {
    return this.slots[2 * slot + 1] - 1;
  }

  /** The slot that holds just that, or -1. */
  slotOf(tag: number, position: number): number {
    let slot = this.first(tag);
    while (slot >= 0 && this.slots[2 * slot + 1] !== position + 1) slot = this.next(slot);
    return slot;
  }

  /** What was at one position is at another. */
  move(slot: number, position: number): void {
    this.slots[2 * slot + 1] = position + 1;
  }

  remove(slot: number): void {
    const { slots, capacity } = this;
    let hole = slot;
    for (let i = hole; ; ) {
      if (++i === capacity) i = 0;
      if (slots[2 * i + 1] === 0) break;
      // What stands at its home or between there and the hole stays; the rest moves up.
      const home = this.home(slots[2 * i]);
      const within = hole < i ? home > hole && home <= i : home > hole || home <= i;
      if (within) continue;
      slots[2 * hole] = slots[2 * i];
      slots[2 * hole + 1] = slots[2 * i + 1];
      hole = i;
    }
    slots[2 * hole + 1] = 0;
    this.size--;
  }

  /** All positions, in rising order. */
  positions(): Uint32Array {
    const out = new Uint32Array(this.size);
    let n = 0;
    for (let i = 1; i < this.slots.length; i += 2) if (this.slots[i] !== 0) out[n++] = this.slots[i] - 1;
    return out.sort();
  }

  private home(tag: number): number {
    return Math.floor((tag / TAGS) * this.capacity);
  }

  private from(tag: number, start: number): number {
    const { slots, capacity } = this;
    for (let i = start; slots[2 * i + 1] !== 0; ) {
      if (slots[2 * i] === tag) return i;
      if (++i === capacity) i = 0;
    }
    return -1;
  }

  private place(tag: number, stored: number): void {
    const { slots, capacity } = this;
    let i = this.home(tag);
    while (slots[2 * i + 1] !== 0) if (++i === capacity) i = 0;
    slots[2 * i] = tag;
    slots[2 * i + 1] = stored;
  }

  private grow(): void {
    const before = this.slots;
    this.capacity = Math.ceil(this.capacity * GROWTH) + SMALLEST;
    this.slots = new Uint32Array(2 * this.capacity);
    for (let i = 0; i < before.length; i += 2) if (before[i + 1] !== 0) this.place(before[i], before[i + 1]);
  }
}
