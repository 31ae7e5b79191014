/** Jest's global setup of the integration project: one broker and one object store for all files of the run. */
import { type KafkaServer, startKafka } from '../kafka/start-kafka.js';
import { type MinioServer, startMinio } from '../minio/start-minio.js';
import { SHARED } from '../shared-servers.js';

/** For the global teardown, which Jest runs in this same process. */
export const running: { servers: (KafkaServer | MinioServer)[] } = { servers: [] };

export default async function startServers(): Promise<void> {
  // TIDEWHEEL_TEST_KAFKA set from outside: the run uses that broker; the same for the object store.
  const [kafka, minio] = await Promise.all([
    process.env[SHARED.kafka] ? undefined : startKafka(),
    process.env[SHARED.endpoint] ? undefined : startMinio(),
  ]);
  if (kafka) {
    running.servers.push(kafka);
    process.env[SHARED.kafka] = kafka.bootstrap;
  }
  if (minio) {
    running.servers.push(minio);
    process.env[SHARED.endpoint] = minio.endpoint;
    process.env[SHARED.accessKey] = minio.accessKey;
    process.env[SHARED.secretKey] = minio.secretKey;
    process.env[SHARED.bucket] = minio.bucket;
  }
}
