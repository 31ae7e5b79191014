import { requireParameter, TidewheelError } from '../errors.js';
import { checkJson, type LearnJson } from '../state.js';
import { type Image, isImage } from './image.js';

export interface ImageResizerParams {
  height: number;
  width: number;
  /** 'bilinear' (default) or 'nearest'. */
  method?: 'bilinear' | 'nearest';
  /**
   * Bilinear: a smaller image takes all pixels into account (Pillow's BILINEAR, TensorFlow's antialias = True), instead of the two
   * nearest in each direction (TensorFlow's default). Default false.
   */
  antialias?: boolean;
}

/** For one place of the result: the first source place, and the weights of it and those behind it. */
interface Taps {
  readonly from: number;
  readonly weights: readonly number[];
}

/**
 * An image of another size. Pixel centres lie at halves, as in TensorFlow's `image.resize` and in Pillow. Shapes: an image in, one of
 * height × width out, not rounded. Learns nothing. Errors: `TW7102` for what is no image (put an ImageDecoder before it).
 */
export class ImageResizer {
  static readonly type = 'ImageResizer';
  readonly kind = 'transformer';
  readonly supervised = false;
  private readonly params: ImageResizerParams;
  /** By source size and target size. */
  private readonly taps = new Map<string, Taps[]>();

  constructor(params: ImageResizerParams) {
    const { height, width, method = 'bilinear' } = params ?? {};
    requireParameter(Number.isInteger(height) && height > 0, 'height', height, 'an integer above 0');
    requireParameter(Number.isInteger(width) && width > 0, 'width', width, 'an integer above 0');
    requireParameter(method === 'bilinear' || method === 'nearest', 'method', method, "'bilinear' or 'nearest'");
    this.params = params;
  }

  learnOne(_x: unknown): void {}

  transformOne(x: unknown): Image {
    if (!isImage(x)) throw new TidewheelError('TW7102', 'there is no image to resize: put an ImageDecoder before it');
    const { height, width } = this.params;
    const { channels } = x;
    const across = this.tapsOf(x.width, width);
    const down = this.tapsOf(x.height, height);
    // First the rows, then the columns.
    const narrow = new Float32Array(x.height * width * channels);
    for (let row = 0; row < x.height; row++) {
      for (let to = 0; to < width; to++) {
        const { from, weights } = across[to];
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          let at = (row * x.width + from) * channels + c;
          for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k] * x.pixels[at];
          narrow[(row * width + to) * channels + c] = sum;
        }
      }
    }
    const pixels = new Float32Array(height * width * channels);
    const rowLength = width * channels;
    for (let to = 0; to < height; to++) {
      const { from, weights } = down[to];
      for (let i = 0; i < rowLength; i++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * narrow[(from + k) * rowLength + i];
        pixels[to * rowLength + i] = sum;
      }
    }
    return { height, width, channels, pixels };
  }

  private tapsOf(from: number, to: number): Taps[] {
    const key = `${from} ${to}`;
    let taps = this.taps.get(key);
    if (!taps) {
      const { method = 'bilinear', antialias = false } = this.params;
      const make = method === 'nearest' ? nearest : antialias ? triangle : twoNearest;
      taps = Array.from({ length: to }, (_, i) => make(i, from, from / to));
      this.taps.set(key, taps);
    }
    return taps;
  }

  toJSON(): LearnJson {
    return { type: ImageResizer.type, version: 1, params: this.params };
  }

  static fromJSON(json: LearnJson): ImageResizer {
    checkJson(json, ImageResizer.type);
    return new ImageResizer(json.params);
  }
}

function nearest(i: number, size: number, scale: number): Taps {
  return { from: Math.min(size - 1, Math.floor((i + 0.5) * scale)), weights: [1] };
}

function twoNearest(i: number, size: number, scale: number): Taps {
  const at = (i + 0.5) * scale - 0.5;
  const low = Math.floor(at);
  const share = at - low;
  if (low < 0) return { from: 0, weights: [1] };
  return low + 1 >= size ? { from: size - 1, weights: [1] } : { from: low, weights: [1 - share, share] };
}

/** A triangle as wide as a target pixel, at least as a source pixel. */
function triangle(i: number, size: number, scale: number): Taps {
  const reach = Math.max(scale, 1);
  const centre = (i + 0.5) * scale;
  const from = Math.max(0, Math.floor(centre - reach + 0.5));
  const end = Math.min(size, Math.floor(centre + reach + 0.5));
  const weights = Array.from({ length: end - from }, (_, k) =>
    Math.max(0, 1 - Math.abs((from + k - centre + 0.5) / reach)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return { from, weights: weights.map((w) => w / sum) };
}
