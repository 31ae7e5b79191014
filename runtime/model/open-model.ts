/** Opens the files of a model with the best backend that is there and has all of its operations. */
import { TidewheelError } from '../../api/errors.js';
import { backendsFor, firstLine, tfjsNodeLocation } from './backends.js';
import type { LoadedModel, ModelBackend, ModelFiles, ModelFormat, OpenModel, OpenOptions } from './contract.js';
import { detectFormat } from './detect-format.js';
import { PROCESSING_FILE, parseProcessing, withProcessing } from './processing/processed-model.js';

export const openModel: OpenModel = async (files, options = {}) => {
  const steps = files.get(PROCESSING_FILE);
  if (!steps) return openPlain(files, options);
  const processing = parseProcessing(new TextDecoder().decode(steps));
  const model = await openPlain(new Map([...files].filter(([name]) => name !== PROCESSING_FILE)), options);
  try {
    return withProcessing(model, processing);
  } catch (error) {
    await model.close();
    throw error;
  }
};

const openPlain: OpenModel = async (files, options = {}) => {
  const format = options.format ?? detectFormat(files);
  if (files.size === 0) throw new TidewheelError('TW7201', 'there are no files');
  const allowed = backendsFor(format);
  const wanted = options.backends ? options.backends.filter((backend) => allowed.includes(backend)) : allowed;
  const missing: string[] = [];
  let refused: TidewheelError | undefined;
  for (const backend of wanted) {
    try {
      return await openWith(backend, format, files, options);
    } catch (error) {
      if (!(error instanceof TidewheelError)) missing.push(`${backend}: ${firstLine(error)}`);
      // Another backend may have the operation; a damaged file is damaged for all.
      else if (error.code === 'TW7205') refused = error;
      else throw error;
    }
  }
  if (refused) throw refused;
  const tried = missing.length > 0 ? ` (${missing.join('; ')})` : '';
  throw new TidewheelError('TW7206', `${format} needs ${allowed.join(' or ')}, which can’t be loaded here${tried}`, {
    hint: format === 'saved-model' ? 'Install @tensorflow/tfjs-node, or convert the model to ONNX' : undefined,
  });
};

const atOnce = async (): Promise<void> => undefined;

async function openWith(
  backend: ModelBackend,
  format: ModelFormat,
  files: ModelFiles,
  { threads = 1, turn = atOnce }: OpenOptions,
): Promise<LoadedModel> {
  if (backend === 'tidewheel') return (await import('./learners/open-learner.js')).openLearner(files);
  if (backend === 'onnxruntime-node' || backend === 'onnxruntime-web') {
    const { loadOrt, openOnnx } = await import('./onnx/open-onnx.js');
    return openOnnx(await loadOrt(backend), backend, files, threads);
  }
  const { loadTf } = await import('./tf/load-tf.js');
  const tf = await loadTf(backend, tfjsNodeLocation());
  switch (format) {
    case 'tfjs-layers':
      return (await import('./tf/open-tfjs-layers.js')).openTfjsLayers(tf, files, turn);
    case 'tfjs-graph':
      return (await import('./tf/open-tfjs-graph.js')).openTfjsGraph(tf, files);
    case 'saved-model':
      return (await import('./tf/open-saved-model.js')).openSavedModel(tf, files);
    default:
      return (await import('./keras/open-keras.js')).openKeras(tf, files, format);
  }
}
