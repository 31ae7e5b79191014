/**
 * The words that all sides share: resource types with their schemas, conditions, error codes. Imports nothing.
 *
 * ```ts
 * const problems = validate(streamJobSpec.node, document.spec);
 * const spec: StreamJobSpec = fillDefaults(streamJobSpec.node, document.spec);
 * ```
 *
 * A schema is written once (schema.ts has the words for it) and gives the static types `Filled` and `Written`, the CRD
 * (crd.ts; files in crds/ by `npm run generate`), the checks of a job file (validate.ts) and the reference page.
 */
export * from './conditions.js';
export { toCustomResourceDefinition, toOpenApi } from './crd.js';
export * from './error-codes.js';
export * from './errors.js';
export type { ModelDeploymentSpec, ModelDeploymentSpecWritten, ModelDeploymentStatus } from './model-deployment.js';
export { modelDeploymentSpec, modelDeploymentStatus } from './model-deployment.js';
export * from './model-processing.js';
export { editDistance, nearestName } from './nearest.js';
export * from './request-log.js';
export * from './resources.js';
export type { Filled, Rule, Schema, SchemaNode, Written } from './schema.js';
export type {
  AutoscalingSpec,
  CheckpointSpec,
  RestartSpec,
  StreamJobSpec,
  StreamJobSpecWritten,
} from './stream-job.js';
export { streamJobSpec } from './stream-job.js';
export * from './stream-job-graph.js';
export * from './stream-job-status.js';
export * from './stream-snapshot.js';
export { fillDefaults, type Path, type Problem, showPath, unknownField, validate } from './validate.js';
