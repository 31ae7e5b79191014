/** An image between the steps of a pipeline: rows from the top, pixels from the left, channels together. */
export interface Image {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** height × width × channels values, 0 to 255 as decoded. */
  readonly pixels: Float32Array;
}

export function isImage(x: unknown): x is Image {
  return typeof x === 'object' && x !== null && (x as Image).pixels instanceof Float32Array;
}
