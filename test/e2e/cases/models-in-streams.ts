/** Models inside jobs on the cluster: swapped at a barrier while a runner dies; learnt, judged by labels, rolled out and rolled back. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createRegistry, type ModelRegistry } from '../../../runtime/model/index.js';
import { openStore } from '../../../runtime/snapshot/open-store.js';
import { minioClient } from '../../harness/index.js';
import { type E2eCluster, eventually, Job, Load } from '../../harness/kind/index.js';
import { line } from '../../unit/score/job.js';
import { timed } from '../setup/timings.js';

const NAMESPACE = 'scoring';

export function modelsInStreams(cluster: () => E2eCluster): void {
  const deployment = async (name: string): Promise<any> =>
    (await cluster().get(NAMESPACE, 'modeldeployment', name)).status ?? {};
  const registryAt = async (prefix: string): Promise<ModelRegistry> => {
    const { endpoint, bucket, accessKey, secretKey } = cluster().minio;
    return createRegistry(await openStore({ kind: 's3', endpoint, bucket, prefix, accessKey, secretKey } as never));
  };

  beforeAll(() => cluster().createNamespace(NAMESPACE), 120_000);

  describe('a model in a stream', () => {
    const PREFIX = 'line-registry';
    let registry: ModelRegistry;
    let job: Job;
    let load: Load;

    const apply = (spec: object) => {
      const { endpoint, bucket } = cluster().minio;
      return cluster().apply(NAMESPACE, {
        apiVersion: 'tidewheel.dev/v1alpha1',
        kind: 'ModelDeployment',
        metadata: { name: 'line' },
        spec: {
          model: 'line',
          storage: { s3: { endpoint, bucket, prefix: PREFIX, secretRef: 'minio-credentials' } },
          ...spec,
        },
      });
    };
    const infer = async (): Promise<any> => {
      const path = `/api/v1/namespaces/${NAMESPACE}/services/line:http/proxy/v2/models/line/infer`;
      const request = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP64', shape: [1], data: [7] }] });
      return JSON.parse(await cluster().kind.kubectl(['create', '--raw', path, '-f', '-'], { input: request }));
    };
    const scored = async (readCommitted: boolean): Promise<{ id: number; y: number; version: string }[]> =>
      (await cluster().kafka.consumeAll('line-out', { readCommitted })).map((r) => JSON.parse(r.value as string));

    beforeAll(async () => {
      registry = await registryAt(PREFIX);
      // Version 1 says x, version 2 says 2·x.
      await registry.push('line', line(1, 0));
      await cluster().kafka.createTopic('line-out', 2);
      load = await Load.start(cluster().kafka, 'line-in');
      job = new Job(cluster(), NAMESPACE, 'scoring');
    }, 60_000);

    afterAll(async () => {
      await load?.stop();
      await job?.delete();
      await cluster().kind.kubectl(['delete', 'modeldeployment', 'line', '-n', NAMESPACE, '--ignore-not-found']);
    }, 180_000);

    test('scores with the version that the deployment promoted', async () => {
      await apply({ version: '1' });
      await eventually(
        'version 1 is promoted',
        () => deployment('line'),
        (s) => s.promoted === '1',
      );
      const { endpoint, bucket } = cluster().minio;
      const { bootstrap } = cluster().kafka;
      const kafka = (topic: string) =>
        `'connector' = 'kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json'`;
      await job.apply({
        parallelism: 2,
        slotsPerRunner: 1,
        sql: `
          CREATE TABLE readings (id BIGINT, k INT) WITH (${kafka('line-in')}, 'properties.group.id' = 'line', 'scan.startup.mode' = 'earliest-offset');
          CREATE TABLE scored (id BIGINT, y DOUBLE, version STRING) WITH (${kafka('line-out')}, 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'line');
          CREATE MODEL line INPUT (x DOUBLE) OUTPUT (prediction DOUBLE) WITH ('provider' = 'tidewheel', 'version-column' = 'version',
            'registry' = 's3://${bucket}/${PREFIX}', 's3.endpoint' = '${endpoint}', 'poll-interval' = '500ms');
          CREATE VIEW xs AS SELECT id, CAST(id AS DOUBLE) AS x FROM readings WHERE id >= 0;
          INSERT INTO scored SELECT id, prediction, version FROM ML_PREDICT(TABLE xs, MODEL line, DESCRIPTOR(x));`,
      });
      await job.untilRuns();
      await eventually(
        'rows of version 1',
        () => scored(true),
        (rows) => rows.length > 400,
      );
    }, 180_000);

    test('changes to the next one at a barrier, and a replay gives each row the version that it had', async () => {
      await registry.push('line', line(2, 0));
      let isAsking = true;
      const client = (async () => {
        while (isAsking) await infer().catch(() => undefined);
      })();
      try {
        await apply({ version: '2', canary: { steps: [50], interval: '2s', minRequests: 5 } });
        await timed('a version is promoted by its canary (one step of 2 s)', () =>
          eventually(
            'version 2 is promoted',
            () => deployment('line'),
            (s) => s.promoted === '2',
          ),
        );
      } finally {
        isAsking = false;
        await client;
      }
      await timed('promoted → rows of the new version', () =>
        eventually(
          'rows of version 2',
          () => scored(false),
          (rows) => rows.some((r) => r.version === '2'),
        ),
      );
      await cluster().killProcess(NAMESPACE, await job.podName('runner'));
      const { sent } = load;
      await timed('runner of a scoring job killed → all rows out', () =>
        eventually(
          'all rows',
          () => scored(true),
          (rows) => rows.filter((r) => r.id < sent).length >= sent,
        ),
      );
      const rows = await scored(true);
      expect(new Set(rows.map((r) => r.id)).size).toBe(rows.length);
      expect(rows.filter((r) => r.y !== r.id * Number(r.version))).toEqual([]);
      expect(new Set(rows.map((r) => r.version))).toEqual(new Set(['1', '2']));
      // Whatever attempt wrote a row, also one that was aborted: the same version answered.
      const versions = new Map(rows.map((r) => [r.id, r.version]));
      const all = await scored(false);
      expect(all.filter((r) => versions.has(r.id) && versions.get(r.id) !== r.version)).toEqual([]);
    }, 180_000);

    test('goes on with it where the one after is damaged, and the status says why that is refused', async () => {
      await registry.push('line', line(3, 0));
      const client = minioClient(cluster().minio);
      const { bucket } = cluster().minio;
      await client.putObject(
        bucket,
        `${PREFIX}/models/line/versions/3/files/learner.json`,
        Buffer.from('{"type": "Line'),
      );
      await apply({ version: '3' });
      const { version, refused } = await eventually(
        'refused',
        () => deployment('line'),
        (s) => s.phase === 'RolledBack',
      );
      expect([version, refused.version, refused.reason]).toEqual(['2', '3', 'ModelRefused']);
      expect(refused.message).toMatch(/TW7304.*learner\.json/);
      expect((await registry.promoted('line'))?.version).toBe('2');
      const { length } = await scored(true);
      const later = await eventually(
        'more rows',
        () => scored(true),
        (rows) => rows.length > length + 200,
      );
      expect(later.filter((r) => r.version === '3')).toEqual([]);
    }, 180_000);
  });

  describe('a job that learns', () => {
    const DIR = 'examples/learning-loop/cluster';
    let registry: ModelRegistry;
    let job: Job;
    /** What the status was, look by look. */
    const history: any[] = [];
    let isWatching = true;
    let watching: Promise<void> | undefined;

    /** The example with the addresses of this cluster. */
    const manifest = (file: string): any => {
      const { endpoint, bucket } = cluster().minio;
      const text = readFileSync(`${DIR}/${file}`, 'utf8')
        .replaceAll('http://minio:9000', endpoint)
        .replaceAll('s3://tidewheel/', `s3://${bucket}/`)
        .replaceAll('bucket: tidewheel', `bucket: ${bucket}`);
      return parse(text);
    };
    const seen = (what: string, isRight: (status: any) => boolean, timeoutMs: number) =>
      eventually(
        what,
        async () => history.find(isRight) ?? history.at(-1),
        (s) => !!s && isRight(s),
        timeoutMs,
      );

    beforeAll(async () => {
      registry = await registryAt('models');
      job = new Job(cluster(), NAMESPACE, 'learning-loop');
      await cluster().apply(NAMESPACE, manifest('deployment.yaml'));
      await cluster().apply(NAMESPACE, manifest('job.yaml'));
      watching = (async () => {
        while (isWatching) {
          await deployment('points').then(
            (s) => history.push(s),
            () => undefined,
          );
          await new Promise((resolve) => setTimeout(resolve, 300));
        }
      })();
    }, 60_000);

    afterAll(async () => {
      if (!history.at(-1)?.refused) console.log(await state());
      isWatching = false;
      await watching;
      await job?.delete();
      await cluster().kind.kubectl(['delete', 'modeldeployment', 'points', '-n', NAMESPACE, '--ignore-not-found']);
    }, 180_000);

    /** For a case that failed. */
    const state = async () => {
      const selector = ['--selector', 'tidewheel.dev/model-deployment=points'];
      const parts = [
        ['get', 'pods,services,endpoints', '-n', NAMESPACE, '-o', 'wide'],
        ['get', 'events', '-n', NAMESPACE, '--sort-by=.lastTimestamp'],
        ['logs', '-n', NAMESPACE, ...selector, '--prefix', '--tail=60'],
      ];
      const texts = await Promise.all(
        parts.map((args) =>
          cluster()
            .kind.kubectl(args)
            .catch((e: Error) => e.message),
        ),
      );
      return texts.join('\n---\n').slice(-20_000);
    };
    const rowsOf = async (version: string) => {
      const { labels } = await registry.manifest('points', version);
      return Number(labels?.rows);
    };

    test('publishes what it learnt after a drift; measured on labels it takes over', async () => {
      await timed('learning job applied → first version served', () =>
        seen('the first version', (s) => s.promoted !== undefined, 120_000),
      );
      const drift = await timed('drift planted → the version that learnt it is promoted', () =>
        eventually(
          'a version that learnt the drift',
          async () => {
            const { promoted } = await deployment('points');
            return promoted !== undefined && (await rowsOf(promoted)) >= 60_000 ? promoted : undefined;
          },
          (version) => version !== undefined,
          120_000,
        ),
      );
      await seen('half of the requests for it', (s) => s.rollout?.to === drift && s.rollout.weight === 50, 5_000);
      await seen(
        'its accuracy in the status',
        (s) => s.versions?.some((v: any) => v.name === drift && /Accuracy 0\.9/.test(v.quality)),
        5_000,
      );
      const [report] = await registry.quality('points', drift as string);
      expect(report.metrics.Accuracy.value).toBeGreaterThan(0.9);
      const runner = await job.podName('runner');
      const logs = await cluster().kind.kubectl(['logs', '-n', NAMESPACE, runner]);
      expect(logs).toMatch(/drift> \+I\[\d+, ADWIN\]/);
    }, 240_000);

    test('a worse version is rolled back by its measured quality', async () => {
      const { refused } = await timed('a careless version is refused by its quality', () =>
        seen('refused', (s) => s.refused?.reason === 'QualityTooLow', 120_000),
      );
      expect((await rowsOf(refused.version)) % 105_000).toBe(0);
      expect(refused.message).toMatch(/its Accuracy is 0(\.\d+)? on \d+ labelled rows .*; at least 0.8 is asked/);
      const status = await eventually(
        'back',
        () => deployment('points'),
        (s) => s.versions?.length === 1,
      );
      expect(status.version).toBe(status.promoted);
      expect(await rowsOf(status.version)).toBeGreaterThanOrEqual(60_000);
      expect((await registry.promoted('points'))?.version).toBe(status.version);
    }, 180_000);
  });
}
