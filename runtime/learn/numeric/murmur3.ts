const ENCODER = new TextEncoder();
let bytes = new Uint8Array(256);

/**
 * MurmurHash3, 32 bits, of the UTF-8 bytes of `text`, as a signed integer. Source: A. Appleby, MurmurHash3, 2011 (public
 * domain); the variant that scikit-learn hashes features with.
 */
export function murmur3(text: string, seed = 0): number {
  if (bytes.length < text.length * 3) bytes = new Uint8Array(text.length * 6);
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      length = ENCODER.encodeInto(text, bytes).written;
      break;
    }
    bytes[i] = code;
  }
  let hash = seed | 0;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    hash ^= scramble(bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = length - 1; i >= whole; i--) rest = (rest << 8) | bytes[i];
  if (length > whole) hash ^= scramble(rest);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
