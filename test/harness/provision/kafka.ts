import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SCRAM_FORMAT_ARGS } from '../kafka/secured-listeners.js';
import { cached, type Provisioned } from './cache.js';
import { copyJars } from './maven.js';
import { runTool } from './run-tool.js';

export const KAFKA_VERSION = '4.1.0';

/**
 * The broker's jars in `lib/`, and in `formatted/` a storage folder as `kafka-storage format` writes it: it holds no
 * port but a user for SCRAM, so each broker starts from a copy of it and saves the time of a JVM.
 */
export function provisionKafka(): Promise<Provisioned> {
  return cached(`kafka-${KAFKA_VERSION}-scram`, async (dir) => {
    const purpose = `get Kafka ${KAFKA_VERSION} from Maven Central`;
    await runTool('java', ['-version'], { purpose: `run Kafka ${KAFKA_VERSION} (Java 17 or newer)` });
    await copyJars(
      dir,
      [
        `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
        `org.apache.kafka:kafka-tools:${KAFKA_VERSION}`,
        'org.slf4j:slf4j-simple:1.7.36',
      ],
      purpose,
    );
    const formatted = join(dir, 'formatted');
    await mkdir(formatted);
    const config = join(dir, 'format.properties');
    await writeFile(
      config,
      [
        'process.roles=broker,controller',
        'node.id=1',
        'controller.quorum.voters=1@127.0.0.1:9093',
        'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
        'controller.listener.names=CONTROLLER',
        `log.dirs=${formatted}`,
      ].join('\n'),
    );
    const tool = ['-cp', join(dir, 'lib', '*'), 'kafka.tools.StorageTool', 'format'];
    await runTool('java', [...tool, '-t', 'dGlkZXdoZWVsLXRlc3QtMQ', '-c', config, ...SCRAM_FORMAT_ARGS], {
      purpose: 'format a Kafka storage folder',
    });
    await rm(config);
  });
}
