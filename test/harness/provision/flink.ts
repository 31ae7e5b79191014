import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, type Provisioned } from './cache.js';
import { copyJars } from './maven.js';
import { runTool } from './run-tool.js';

/** The newest release of the 2.x line. */
export const FLINK_VERSION = '2.3.0';

/** The Kafka connector is released by itself; each release names the Flink minor it was built for. */
const KAFKA_CONNECTOR: Record<string, string> = {
  '2.0': '4.0.1-2.0',
  '2.1': '5.0.0-2.1',
  '2.2': '5.0.0-2.2',
  // None is built for 2.3 yet; the one for 2.2 runs on it.
  '2.3': '5.0.0-2.2',
};

const ARTIFACTS = [
  'flink-streaming-java',
  'flink-clients',
  'flink-table-api-java-bridge',
  'flink-table-planner-loader',
  'flink-table-runtime',
  'flink-json',
  'flink-csv',
  'flink-connector-files',
  'flink-connector-base',
  'flink-statebackend-rocksdb',
  'flink-cep',
] as const;

/** Flink's jars in `lib/`, with the connectors for files and Kafka and the formats JSON and CSV. */
export function provisionFlink(version: string = FLINK_VERSION): Promise<Provisioned> {
  const connector = KAFKA_CONNECTOR[version.split('.').slice(0, 2).join('.')];
  if (!connector) throw new Error(`no Kafka connector known for Flink ${version}`);
  return cached(`flink-${version}`, (dir) =>
    copyJars(
      dir,
      [
        ...ARTIFACTS.map((artifact) => `org.apache.flink:${artifact}:${version}` as const),
        `org.apache.flink:flink-connector-kafka:${connector}`,
        'org.slf4j:slf4j-simple:1.7.36',
      ],
      `get Flink ${version} from Maven Central`,
    ),
  );
}

/** The script runner, and a connector that it adds for look-ups of files. */
const RUNNER = ['FlinkSqlRunner', 'FlinkFileLookup'];
const FACTORIES = 'org.apache.flink.table.factories.Factory';

/** The class path of the script runner: `flink/*.java` compiled against the version, and its jars. */
export async function flinkRunnerClassPath(version: string = FLINK_VERSION): Promise<string> {
  const sources = RUNNER.map(
    (name) => new URL(`../../../../test/harness/flink/${name}.java`, import.meta.url).pathname,
  );
  const jars = join((await provisionFlink(version)).dir, 'lib', '*');
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(source));
  const runner = await cached(`flink-${version}-runner-${hash.digest('hex').slice(0, 12)}`, async (dir) => {
    const services = join(dir, 'classes', 'META-INF', 'services');
    await mkdir(services, { recursive: true });
    await runTool('javac', ['-cp', jars, '-d', join(dir, 'classes'), ...sources], {
      purpose: 'compile the Flink runner',
    });
    await writeFile(join(services, FACTORIES), 'FlinkFileLookup\n');
  });
  return `${join(runner.dir, 'classes')}:${jars}`;
}
