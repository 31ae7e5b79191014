import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { KAFKA_VERSION, provisionKafka } from '../provision/kafka.js';
import { removeContainer, serversFrom, startContainer } from '../server/docker.js';
import { startNative } from '../server/native-process.js';
import { freePort } from '../server/port.js';
import { type ServerControls, startServer } from '../server/test-server.js';
import { SECURED_PROTOCOLS, type SecuredListeners, securedListeners } from './secured-listeners.js';
import { connectKafka, type TestKafka } from './test-kafka.js';

export interface KafkaOptions {
  /** Keeps data, configuration and log here after {@link ServerControls.stop}. Default: a temporary folder. */
  readonly dir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Address to listen on and to be reached at. Default loopback; pods of a kind cluster reach the gateway of its network. */
  readonly host?: string;
  /** The longest transaction timeout that a producer may ask for. Default one hour. */
  readonly transactionMaxTimeoutMs?: number;
  /** Default 512. */
  readonly heapMb?: number;
  /** Opens listeners with TLS and SASL as well: {@link KafkaServer.secured}. Not for containers. */
  readonly secured?: boolean;
  /** Further broker properties, over the harness's own. */
  readonly properties?: Record<string, string>;
}

export interface KafkaServer extends TestKafka, ServerControls {
  readonly port: number;
  /** Configuration, data and `server.log`. */
  readonly dir: string;
  /** Where `secured` was asked for. */
  readonly secured?: SecuredListeners;
}

/** Starts a real single-node broker (KRaft), on loopback unless told otherwise, and answers when it has answered a metadata request. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const port = options.port ?? (await freePort());
  const bootstrap = `${options.host ?? '127.0.0.1'}:${port}`;
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'tidewheel-kafka-')));
  const lives = serversFrom() === 'docker' ? inContainer(port, options) : await onThisMachine(port, dir, options);
  const controls = await startServer({
    name: `Kafka at ${bootstrap}`,
    probe: () => answersMetadata(bootstrap),
    launch: lives.launch,
    cleanUp: async () => {
      await lives.cleanUp();
      if (!options.dir) await rm(dir, { recursive: true, force: true });
    },
  });
  return { ...connectKafka(bootstrap), ...controls, port, dir, secured: lives.secured };
}

async function answersMetadata(bootstrap: string): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    if (brokers.length === 0) throw new Error('the broker has not joined its cluster yet');
  } finally {
    await admin.disconnect();
  }
}

async function onThisMachine(port: number, dir: string, options: KafkaOptions) {
  const { dir: installed } = await provisionKafka();
  const controllerPort = await freePort();
  const data = join(dir, 'data');
  await mkdir(dir, { recursive: true });
  if (!existsSync(data)) await cp(join(installed, 'formatted'), data, { recursive: true });
  const config = join(dir, 'server.properties');
  const secured = options.secured ? await securedListeners(dir) : undefined;
  const listeners = [`PLAINTEXT://${options.host ?? '127.0.0.1'}:${port}`, ...(secured?.addresses ?? [])];
  const properties = {
    ...brokerProperties(options),
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(),
    'advertised.listeners': listeners.join(),
    'log.dirs': data,
    ...secured?.properties,
    ...options.properties,
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
  await writeFile(config, `${lines.join('\n')}\n`);
  const heap = options.heapMb ?? 512;
  return {
    secured: secured?.listeners,
    launch: () =>
      startNative({
        command: 'java',
        args: [
          `-Xmx${heap}m`,
          '-XX:+UseSerialGC',
          '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
          '-Dorg.slf4j.simpleLogger.showDateTime=true',
          '-cp',
          join(installed, 'lib', '*'),
          'kafka.Kafka',
          config,
        ],
        logFile: join(dir, 'server.log'),
        scratchDir: options.dir ? undefined : dir,
      }),
    cleanUp: async () => {},
  };
}

function inContainer(port: number, options: KafkaOptions) {
  if (options.secured) throw new Error('secured listeners: only with TIDEWHEEL_TEST_SERVERS=native');
  const name = `tidewheel-kafka-${randomBytes(4).toString('hex')}`;
  const properties = {
    ...brokerProperties(options),
    'controller.quorum.voters': '1@localhost:9093',
    listeners: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093',
    'advertised.listeners': `PLAINTEXT://${options.host ?? '127.0.0.1'}:${port}`,
    ...options.properties,
  };
  const env = Object.entries(properties).map(([key, value]) => [
    `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`,
    value,
  ]);
  return {
    secured: undefined,
    launch: () =>
      startContainer({
        image: `apache/kafka:${KAFKA_VERSION}`,
        name,
        host: options.host,
        hostPort: port,
        containerPort: 9092,
        env: { ...Object.fromEntries(env), KAFKA_HEAP_OPTS: `-Xmx${options.heapMb ?? 512}m` },
      }),
    cleanUp: () => removeContainer(name),
  };
}

function brokerProperties(options: KafkaOptions): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,${SECURED_PROTOCOLS}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.max.timeout.ms': String(options.transactionMaxTimeoutMs ?? 3_600_000),
    // A transaction whose timeout is over is aborted within a second, not within ten.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'group.initial.rebalance.delay.ms': '0',
    // Test rows carry event times of any year as their timestamps: none is refused as too new or deleted as too old.
    'log.retention.ms': '-1',
    'log.message.timestamp.after.max.ms': '9223372036854775807',
    // A killed broker is let in again when its old session is over.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '400',
    'log.cleaner.dedupe.buffer.size': '8388608',
    'num.network.threads': '2',
    'num.io.threads': '4',
  };
}
