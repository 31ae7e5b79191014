/**
 * Real servers for tests.
 *
 * ```ts
 * const kafka = await startKafka();                       // or sharedKafka() in the integration project
 * await kafka.createTopic('payments', 4);
 * await kafka.produceJson('payments', rows, { key: (row) => row.card });
 * await kafka.kill();
 * await kafka.restart();
 * const records = await kafka.consumeAll('alerts', { untilCount: 12 });
 * await kafka.stop();
 * ```
 */
export {
  type FlinkChange,
  type FlinkQueryOutput,
  type FlinkValue,
  finalRows,
  readFlinkOutput,
} from './flink/flink-output.js';
export {
  type FlinkResult,
  type FlinkRunner,
  type FlinkScript,
  FlinkScriptError,
  type FlinkStatement,
  runFlinkSql,
  startFlink,
} from './flink/start-flink.js';
export type { ConsumedRecord, ReadOptions } from './kafka/read-topic.js';
export type { SecuredListeners } from './kafka/secured-listeners.js';
export { type KafkaOptions, type KafkaServer, startKafka } from './kafka/start-kafka.js';
export { connectKafka, type ProduceOptions, type TestKafka } from './kafka/test-kafka.js';
export { type MinioOptions, type MinioServer, minioClient, type S3Location, startMinio } from './minio/start-minio.js';
export { freePort } from './server/port.js';
export type { ServerControls } from './server/test-server.js';
export { sharedKafka, sharedMinio, uniqueName } from './shared-servers.js';
