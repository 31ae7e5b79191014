import { requireParameter, TidewheelError } from '../errors.js';
import { checkJson, type LearnJson } from '../state.js';
import { isImage } from './image.js';

export interface ImageNormalizerParams {
  /** What values are multiplied by first (default 1 / 255). */
  scale?: number;
  /** Subtracted then, one number or one a channel (default 0). */
  mean?: number | readonly number[];
  /** Divided by then (default 1). */
  std?: number | readonly number[];
}

/**
 * An image → a vector of height × width × channels numbers: (value · scale − mean) / std, as image models want it. Learns nothing.
 * Errors: `TW7102` for what is no image, or another number of channels.
 */
export class ImageNormalizer {
  static readonly type = 'ImageNormalizer';
  readonly kind = 'transformer';
  readonly supervised = false;
  private readonly params: ImageNormalizerParams;

  constructor(params: ImageNormalizerParams = {}) {
    const { scale = 1 / 255, std = 1 } = params;
    requireParameter(Number.isFinite(scale) && scale !== 0, 'scale', scale, 'a number other than 0');
    requireParameter(!each(std).includes(0), 'std', std, 'without 0');
    this.params = params;
  }

  learnOne(_x: unknown): void {}

  transformOne(x: unknown): Float32Array {
    if (!isImage(x))
      throw new TidewheelError('TW7102', 'there is no image to normalise: put an ImageDecoder before it');
    const { scale = 1 / 255, mean = 0, std = 1 } = this.params;
    const { channels, pixels } = x;
    const [means, stds] = [each(mean), each(std)];
    for (const list of [means, stds]) {
      if (list.length !== 1 && list.length !== channels) {
        throw new TidewheelError(
          'TW7102',
          `the image has ${channels} channels, but there are numbers for ${list.length}`,
        );
      }
    }
    const out = new Float32Array(pixels.length);
    for (let i = 0; i < out.length; i++) {
      const c = i % channels;
      out[i] = (pixels[i] * scale - means[means.length === 1 ? 0 : c]) / stds[stds.length === 1 ? 0 : c];
    }
    return out;
  }

  toJSON(): LearnJson {
    return { type: ImageNormalizer.type, version: 1, params: this.params };
  }

  static fromJSON(json: LearnJson): ImageNormalizer {
    checkJson(json, ImageNormalizer.type);
    return new ImageNormalizer(json.params);
  }
}

function each(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}
