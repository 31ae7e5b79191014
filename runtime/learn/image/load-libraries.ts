import { TransformerUnion } from '../compose/transformer-union.js';
import { ImageDecoder, loadImageCodecs } from './image-decoder.js';

/** Loads what the steps of `model` need to be loaded (readers of images), once; most need nothing. Await it before the first row. */
export async function loadLibraries(model: any): Promise<void> {
  if (needsCodecs(model)) await loadImageCodecs();
}

function needsCodecs(model: any): boolean {
  if (model instanceof ImageDecoder) return true;
  const inner: readonly unknown[] = model instanceof TransformerUnion ? model.parts : (model?.steps ?? []);
  return inner.some(needsCodecs);
}
