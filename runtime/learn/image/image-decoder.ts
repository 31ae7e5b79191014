import type { DecodedPng } from 'fast-png';
import { requireParameter, TidewheelError } from '../errors.js';
import { checkJson, type LearnJson } from '../state.js';
import type { Image } from './image.js';

interface Codecs {
  readonly png: typeof import('fast-png');
  readonly jpeg: typeof import('jpeg-js');
}

let codecs: Codecs | undefined;

/** Loads what reads PNG and JPEG: jobs without images pay nothing for it. */
export async function loadImageCodecs(): Promise<void> {
  if (codecs) return;
  const [png, jpeg] = await Promise.all([import('fast-png'), import('jpeg-js')]);
  codecs = { png, jpeg: jpeg.default ?? jpeg };
}

function loaded(): Codecs {
  if (codecs) return codecs;
  throw new TidewheelError('TW7107', 'an image was to be decoded before its library was loaded (loadLibraries)');
}

export interface ImageDecoderParams {
  /** The column that holds the image (default: the record is the image). */
  on?: string;
  /** 1: grey (ITU-R 601 luma, as Pillow's L); 3: red, green, blue (default 3). Transparency is left out. */
  channels?: 1 | 3;
}

/**
 * PNG or JPEG → an image of 8-bit values. Shapes: bytes, or the same as base64 text, in; an image of height × width × channels out.
 * PNGs of 1 to 16 bits, grey, palette or colour; baseline and progressive JPEGs. Learns nothing. Errors: `TW7102` for anything else, `TW7107`
 * before `loadLibraries`.
 */
export class ImageDecoder {
  static readonly type = 'ImageDecoder';
  readonly kind = 'transformer';
  readonly supervised = false;
  private readonly params: ImageDecoderParams;
  private readonly channels: 1 | 3;

  constructor(params: ImageDecoderParams = {}) {
    this.params = params;
    this.channels = params.channels ?? 3;
    requireParameter(this.channels === 1 || this.channels === 3, 'channels', this.channels, '1 or 3');
  }

  learnOne(_x: unknown): void {}

  transformOne(x: any): Image {
    const library = loaded();
    const bytes = bytesOf(this.params.on === undefined ? x : x?.[this.params.on], this.params.on);
    try {
      if (bytes[0] === 0x89 && bytes[1] === 0x50) return this.fromPng(library.png.decode(bytes));
      if (bytes[0] === 0xff && bytes[1] === 0xd8)
        return this.fromJpeg(library.jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false }));
    } catch (error) {
      throw new TidewheelError('TW7102', `the image can’t be decoded: ${(error as Error).message}`, { cause: error });
    }
    throw new TidewheelError('TW7102', `${where(this.params.on)} holds neither a PNG nor a JPEG`);
  }

  private fromPng(png: DecodedPng): Image {
    const { width, height, channels, depth, data, palette } = png;
    const n = width * height;
    const at = samples(data, width, height, channels, depth);
    // Samples of n bits → 0 to 255. An index of a palette is none.
    const share = palette ? 1 : 255 / (2 ** depth - 1);
    const colour = (pixel: number, c: number): number => {
      if (palette) return palette[at(pixel, 0)][c];
      const value = at(pixel, channels < 3 ? 0 : c);
      return depth === 16 ? value >> 8 : value * share;
    };
    return this.made(height, width, n, colour);
  }

  private fromJpeg({ width, height, data }: { width: number; height: number; data: Uint8Array }): Image {
    return this.made(height, width, width * height, (pixel, c) => data[pixel * 3 + c]);
  }

  private made(height: number, width: number, n: number, colour: (pixel: number, c: number) => number): Image {
    const { channels } = this;
    const pixels = new Float32Array(n * channels);
    for (let i = 0; i < n; i++) {
      const [r, g, b] = [colour(i, 0), colour(i, 1), colour(i, 2)];
      if (channels === 1) pixels[i] = (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
      else pixels.set([r, g, b], i * 3);
    }
    return { height, width, channels, pixels };
  }

  toJSON(): LearnJson {
    return { type: ImageDecoder.type, version: 1, params: this.params };
  }

  static fromJSON(json: LearnJson): ImageDecoder {
    checkJson(json, ImageDecoder.type);
    return new ImageDecoder(json.params);
  }
}

/** Sample `c` of a pixel; of fewer than 8 bits several lie in a byte, and a row begins with a byte. */
function samples(
  data: Uint8Array | Uint8ClampedArray | Uint16Array,
  width: number,
  height: number,
  channels: number,
  depth: number,
): (pixel: number, c: number) => number {
  const packed = depth < 8 && data.length < width * height * channels;
  if (!packed) return (pixel, c) => data[pixel * channels + c];
  const rowBytes = Math.ceil((width * channels * depth) / 8);
  const mask = 2 ** depth - 1;
  return (pixel, c) => {
    const row = Math.floor(pixel / width);
    const bit = ((pixel - row * width) * channels + c) * depth;
    return (data[row * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
  };
}

function bytesOf(value: unknown, on: string | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value.replace(/^data:[^,]*,/, ''), 'base64');
  throw new TidewheelError('TW7102', `${where(on)} holds no image: ${value === null ? 'null' : typeof value}`);
}

function where(on: string | undefined): string {
  return on === undefined ? 'the record' : `column ${on}`;
}
