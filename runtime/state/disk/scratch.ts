const NO_BYTES = Buffer.alloc(0);

/** A buffer for one piece after the other: what is allocated outside the heap for each makes V8 collect garbage early. */
export class Scratch {
  private bytes: Buffer = NO_BYTES;

  ofSize(length: number): Buffer {
    if (this.bytes.length < length) this.bytes = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.bytes.length));
    return this.bytes;
  }
}
