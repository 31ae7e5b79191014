/**
 * Snappy as it is read. Java clients frame it as snappy-java does: magic \x82SNAPPY\0, version i32, compatible i32, then
 * blocks of length i32 and raw snappy; others send one raw block.
 *
 * Raw: length of the output as a varint, then elements by the low two bits of a tag: 0 a literal, 1..3 a copy from
 * `offset` bytes back (github.com/google/snappy, format_description.txt).
 */
const MAGIC = Buffer.from('\x82SNAPPY\0', 'latin1');

export function snappyDecompress(data: Buffer): Buffer {
  if (data.length < 16 || MAGIC.compare(data, 0, 8) !== 0) return raw(data, 0, data.length);
  const blocks: Buffer[] = [];
  for (let at = 16; at < data.length; ) {
    const length = data.readInt32BE(at);
    if (length < 0 || at + 4 + length > data.length) throw new RangeError('a snappy block overruns');
    blocks.push(raw(data, at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks.length === 1 ? blocks[0] : Buffer.concat(blocks);
}

function raw(data: Buffer, start: number, end: number): Buffer {
  let pos = start;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    if (pos >= end || shift > 28) throw new RangeError('snappy data is cut off');
    const byte = data[pos++];
    size += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  if (size > 0x40000000) throw new RangeError(`snappy data claims ${size} bytes`);
  const out = Buffer.allocUnsafeSlow(size);
  let to = 0;
  while (pos < end) {
    const tag = data[pos++];
    let length = 0;
    let back = 0;
    switch (tag & 3) {
      case 0: {
        length = (tag >>> 2) + 1;
        if (length > 60) {
          const bytes = length - 60;
          length = data.readUIntLE(pos, bytes) + 1;
          pos += bytes;
        }
        if (pos + length > end || to + length > size) throw new RangeError('a snappy literal overruns');
        data.copy(out, to, pos, pos + length);
        pos += length;
        to += length;
        continue;
      }
      case 1:
        length = ((tag >>> 2) & 7) + 4;
        back = ((tag & 0xe0) << 3) | data[pos++];
        break;
      case 2:
        length = (tag >>> 2) + 1;
        back = data.readUInt16LE(pos);
        pos += 2;
        break;
      default:
        length = (tag >>> 2) + 1;
        back = data.readUInt32LE(pos);
        pos += 4;
    }
    if (back === 0 || back > to || to + length > size) throw new RangeError('a snappy copy overruns');
    // Byte by byte where source and target overlap: that is how runs are written.
    if (back >= length) out.copyWithin(to, to - back, to - back + length);
    else for (let i = 0; i < length; i++) out[to + i] = out[to - back + i];
    to += length;
  }
  if (to !== size) throw new RangeError(`snappy data gave ${to} bytes of ${size}`);
  return out;
}
