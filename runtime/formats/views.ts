/** DataViews of the buffers that a decoder is given: made once for each buffer in a row. */
export class Views {
  private buf: Buffer | undefined;
  private view: DataView | undefined;

  of(buf: Buffer): DataView {
    if (buf !== this.buf) {
      this.buf = buf;
      this.view = new DataView(buf.buffer, buf.byteOffset, buf.length);
    }
    return this.view!;
  }
}
