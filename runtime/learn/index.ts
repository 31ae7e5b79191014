/** The public face of the learning library; README.md is the tour. */
export { CATALOG, create, createPipeline, restore, type Spec } from './catalog.js';
export { Pipeline, type Step } from './compose/pipeline.js';
export { TransformerUnion } from './compose/transformer-union.js';
export type * from './contracts.js';
export { type BatchFit, type BatchFitParams, fitRows, type LabelledRow } from './evaluate/fit.js';
export { Prequential, type PrequentialParams, progressiveValidation } from './evaluate/prequential.js';
export type { FeatureValue } from './features/feature-index.js';
export { loadLibraries } from './image/load-libraries.js';
export { confusionCells } from './metric/confusion-matrix.js';
export { exactRocAuc } from './metric/roc-auc.js';
export { attachTensorFlow, networkAttacher, networksOf } from './neural/attach.js';
export type { FitParams, FitReport } from './neural/network.js';
export type { TensorFlow } from './neural/tensorflow.js';
export type { LearnJson, Stateful } from './state.js';
export { STOP_WORDS } from './text/stop-words.js';
export { ngrams, type TokenizerParams, tokenizer } from './text/tokenizer.js';
