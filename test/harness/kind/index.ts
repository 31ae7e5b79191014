/**
 * A real Kubernetes cluster (kind) with Tidewheel on it, and Kafka and MinIO beside it, for the end-to-end tests and the benchmark
 * of the operator:
 *
 *   const cluster = await startE2eCluster();
 *   await cluster.createNamespace('shop');
 *   const job = await CountingJob.start(cluster, 'shop', 'orders', { parallelism: 2 });
 *   await job.untilRuns();
 *   await job.untilAllCounted();   // each row once, or it throws
 *   await cluster.remove();
 */
export { type E2eCluster, eventually, isReady, startE2eCluster } from './cluster.js';
export { CopyingJob } from './copying-job.js';
export { CountingJob, Job } from './job.js';
export { Load } from './load.js';
export { type Count, completeUpTo, countingSql, countsOf } from './readings.js';
