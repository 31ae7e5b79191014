/** Codecs of record batches. All are read and written, but zstd, which is written where Node's zlib has it (22.15 and later). */
import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import { KafkaError } from '../errors.js';
import { lz4Decompress } from './lz4.js';
import { lz4Compress } from './lz4-writer.js';
import { snappyDecompress } from './snappy.js';
import { snappyCompress } from './snappy-writer.js';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** Not in the types of the oldest Node that is supported. */
const zstd = zlib as unknown as {
  zstdCompressSync?: (data: Uint8Array) => Buffer;
  zstdDecompressSync?: (data: Uint8Array) => Buffer;
};

/** What this process can write. */
export function canCompress(codec: Compression): boolean {
  return codec !== 'zstd' || zstd.zstdCompressSync !== undefined;
}

/** Throws TW3306 for what `canCompress` denies. */
export function compress(codec: Compression, data: Buffer): Buffer {
  // Level 1: on batches of JSON a third of the time of level 6 for a tenth more bytes.
  if (codec === 'gzip') return zlib.gzipSync(data, { level: 1 });
  if (codec === 'zstd' && zstd.zstdCompressSync) return zstd.zstdCompressSync(data);
  if (codec === 'snappy') return snappyCompress(data);
  if (codec === 'lz4') return lz4Compress(data);
  if (codec === 'none') return data;
  throw new KafkaError('TW3306', `compression ${codec} is written on Node 22.15 and newer only; choose another`);
}

export function compressionName(code: number): string {
  return COMPRESSIONS[code] ?? `codec ${code}`;
}

/** Unpacks a batch's records. Throws for a codec that isn't known, or data that isn't its. */
export function decompress(code: number, data: Buffer): Buffer {
  switch (COMPRESSIONS[code]) {
    case 'none':
      return data;
    case 'gzip':
      return zlib.gunzipSync(data);
    case 'snappy':
      return snappyDecompress(data);
    case 'lz4':
      return lz4Decompress(data);
    case 'zstd':
      return zstd.zstdDecompressSync ? zstd.zstdDecompressSync(data) : zstdInJavaScript(data);
    default:
      throw new KafkaError('TW3306', `compression codec ${code} is not known; known: ${COMPRESSIONS.join(', ')}`);
  }
}

type Fzstd = { decompress(data: Uint8Array): Uint8Array };
let fzstd: Fzstd | undefined;

function zstdInJavaScript(data: Buffer): Buffer {
  fzstd ??= createRequire(import.meta.url)('fzstd') as Fzstd;
  const out = fzstd.decompress(data);
  return Buffer.from(out.buffer, out.byteOffset, out.byteLength);
}
