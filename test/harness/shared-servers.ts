import { connectKafka, type TestKafka } from './kafka/test-kafka.js';
import type { S3Location } from './minio/start-minio.js';

/** Names of the environment variables by which the run's shared servers reach test files. */
export const SHARED = {
  kafka: 'TIDEWHEEL_TEST_KAFKA',
  endpoint: 'TIDEWHEEL_TEST_S3_ENDPOINT',
  accessKey: 'TIDEWHEEL_TEST_S3_ACCESS_KEY',
  secretKey: 'TIDEWHEEL_TEST_S3_SECRET_KEY',
  bucket: 'TIDEWHEEL_TEST_S3_BUCKET',
} as const;

/** The broker that the integration project started for all its files. Don't stop it: start your own for that. */
export function sharedKafka(): TestKafka {
  return connectKafka(fromEnvironment(SHARED.kafka));
}

/** The object store that the integration project started for all its files, with a bucket that they all share. */
export function sharedMinio(): S3Location {
  return {
    endpoint: fromEnvironment(SHARED.endpoint),
    accessKey: fromEnvironment(SHARED.accessKey),
    secretKey: fromEnvironment(SHARED.secretKey),
    bucket: fromEnvironment(SHARED.bucket),
  };
}

/** A topic name, object prefix or transactional id that no other test of the run uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${process.pid.toString(36)}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 6)}`;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: run this file in the integration project (npm run test:integration)`);
  return value;
}
