/** StreamSnapshots, and what becomes of state when jobs are deleted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { minioClient, startMinio } from '../../harness/index.js';
import {
  CountingJob,
  completeUpTo,
  countingSql,
  countsOf,
  type E2eCluster,
  eventually,
  Job,
} from '../../harness/kind/index.js';
import { timed } from '../setup/timings.js';

const NAMESPACE = 'snapshots';

export function snapshots(cluster: () => E2eCluster): void {
  describe('snapshots', () => {
    let job: CountingJob;

    const stored = async (prefix: string): Promise<string[]> => {
      const names: string[] = [];
      const { bucket } = cluster().minio;
      for await (const item of minioClient(cluster().minio).listObjectsV2(bucket, prefix, true)) names.push(item.name);
      return names;
    };
    const snapshotOf = (name: string, spec: object) =>
      cluster().apply(NAMESPACE, {
        apiVersion: 'tidewheel.dev/v1alpha1',
        kind: 'StreamSnapshot',
        metadata: { name },
        spec,
      });
    const untilComplete = (name: string) =>
      eventually(
        `snapshot ${name}`,
        () => cluster().get(NAMESPACE, 'streamsnapshot', name),
        (s) => s.status?.phase === 'Complete',
      );

    beforeAll(async () => {
      await cluster().createNamespace(NAMESPACE);
      job = await CountingJob.start(cluster(), NAMESPACE, 'visits', { deletionPolicy: { savepoint: true } });
      await job.untilRuns();
      await job.untilCaughtUp();
    }, 300_000);

    afterAll(async () => {
      await job?.load.stop();
    }, 60_000);

    test('are resources: another job goes on from one', async () => {
      const { kafka } = cluster();
      await snapshotOf('kept', { jobRef: job.name });
      const { status } = await timed('StreamSnapshot → Complete', () => untilComplete('kept'));
      expect(status.location).toMatch(/^savepoints\/kept-.*\.json$/);
      await kafka.createTopic('copy-out', 2);
      const copy = new Job(cluster(), NAMESPACE, 'copy');
      await copy.apply({
        sql: countingSql(kafka.bootstrap, job.load.topic, 'copy-out'),
        restore: { snapshotRef: 'kept' },
        deletionPolicy: { state: 'delete' },
      });
      await timed('job from a StreamSnapshot → Running', () => copy.untilRuns());
      const counts = async () => countsOf(await kafka.consumeAll('copy-out'));
      // What it writes first was partly counted by the first job before the snapshot: only its state can know of that.
      const some = await eventually('the copy writes', counts, (rows) => rows.length >= 8);
      const from = Math.min(...some.map((row) => row.w));
      expect(from).toBeGreaterThan(0);
      await job.untilCaughtUp();
      expect(completeUpTo(await counts(), Number.MAX_SAFE_INTEGER, from)).toBeGreaterThan(from);
      await copy.delete();
      await eventually(
        'the state of the copy is deleted',
        () => stored(`${NAMESPACE}/copy/`),
        (n) => n.length === 0,
      );
    });

    test('are deleted with their data, or without', async () => {
      await snapshotOf('left', { jobRef: job.name, deletionPolicy: 'keep' });
      const { status } = await untilComplete('left');
      const key = `${NAMESPACE}/${job.name}/${status.location}`;
      const savepoints = () => stored(`${NAMESPACE}/${job.name}/savepoints/`);
      expect(await savepoints()).toContain(key);
      await job.kubectl('delete', 'streamsnapshot', 'kept', 'left', '--timeout=60s');
      expect(await savepoints()).toEqual([key]);
    });

    test('are taken by nonce, and only as many kept as wanted', async () => {
      for (const nonce of [1, 2, 3]) {
        await job.patch({ savepoint: { nonce, history: { count: 2 } } });
        await job.untilStatus(
          'savepoint taken',
          (s) => s.savepointNonce === nonce && s.savepoints?.length === Math.min(nonce, 2),
        );
        await job.untilStatus('another second', (s) => Date.parse(s.lastSavepoint.time) < Date.now() - 1100);
      }
      const named = async () => (await stored(`${NAMESPACE}/${job.name}/savepoints/nonce-`)).length;
      await eventually('two savepoints are kept', named, (n) => n === 2);
    });

    test('are taken of a job that is deleted, where its policy says so', async () => {
      await job.load.pause();
      await timed('deleted with a savepoint', () => job.delete());
      expect(await stored(`${NAMESPACE}/${job.name}/savepoints/deleted-`)).toHaveLength(1);
    });

    test('go on in a job of the same name, and no row is lost or repeated', async () => {
      const [key] = await stored(`${NAMESPACE}/${job.name}/savepoints/deleted-`);
      await job.apply({
        sql: job.sql(),
        restore: { from: key.slice(`${NAMESPACE}/${job.name}/`.length) },
        deletionPolicy: { state: 'delete' },
      });
      job.load.resume();
      await job.untilRuns();
      await job.untilAllCounted();
      await timed('deleted with its state', () => job.delete());
      const left = () => stored(`${NAMESPACE}/${job.name}/`);
      await eventually('the state is deleted', left, (names) => names.length === 0);
    });

    test('can not hold up the deletion of a job for ever while the store is away', async () => {
      const store = await startMinio({ host: cluster().host });
      try {
        const { endpoint, bucket } = store;
        const stuck = new Job(cluster(), NAMESPACE, 'stuck');
        await stuck.apply({
          sql: `CREATE TABLE a (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');
            CREATE TABLE b (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO b SELECT id FROM a;`,
          storage: { s3: { endpoint, bucket, secretRef: 'minio-credentials' } },
          deletionPolicy: { savepoint: true, state: 'delete' },
          deadlines: { delete: '10s' },
        });
        await stuck.untilRuns();
        await store.kill();
        await timed('deleted while the store is away, deadline 10 s', () => stuck.delete());
        await eventually(
          'no pods',
          () => stuck.objects(),
          (names) => names === '',
        );
        expect(await stuck.events()).toMatch(/LeftBehind/);
      } finally {
        await store.stop();
      }
    });
  });
}
