/**
 * `node dist/test/harness/provision.js kafka minio flink node24`: makes the named servers ready in the cache and says
 * what it did. With TIDEWHEEL_TEST_SERVERS=docker Kafka and MinIO come from images when they are started.
 */
import type { Provisioned } from './provision/cache.js';
import { provisionFlink } from './provision/flink.js';
import { provisionKafka } from './provision/kafka.js';
import { provisionMinio } from './provision/minio.js';
import { provisionNode24 } from './provision/node24.js';
import { MissingToolError } from './provision/run-tool.js';
import { serversFrom } from './server/docker.js';

const PARTS: Record<string, () => Promise<Provisioned>> = {
  kafka: provisionKafka,
  minio: provisionMinio,
  flink: () => provisionFlink(),
  node24: provisionNode24,
};

const HAS_IMAGE = ['kafka', 'minio'];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((part) => !PARTS[part]);
if (wanted.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`unknown: ${unknown.join(', ')}`);
  console.error(`usage: provision.js PART...   where PART is one of ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
for (const part of wanted) {
  if (serversFrom() === 'docker' && HAS_IMAGE.includes(part)) {
    console.log(`${part}: comes from an image (TIDEWHEEL_TEST_SERVERS=docker)`);
    continue;
  }
  try {
    const { name, dir, built, tookMs } = await PARTS[part]();
    console.log(`${name}: ${built ? `made in ${(tookMs / 1000).toFixed(1)} s` : 'already there'}, ${dir}`);
  } catch (error) {
    console.error(`${part}: ${(error as Error).message}`);
    if (error instanceof MissingToolError && HAS_IMAGE.includes(part)) {
      console.error(`${part}: or set TIDEWHEEL_TEST_SERVERS=docker to use container images`);
    }
    process.exitCode = 1;
  }
}
