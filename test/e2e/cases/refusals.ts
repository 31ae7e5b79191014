/** Specs that can not be: refused by the API server or, where only a compiler can tell, by the status; both name the field. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { type E2eCluster, Job } from '../../harness/kind/index.js';
import { note } from '../setup/timings.js';

const NAMESPACE = 'refusals';
const sql =
  "CREATE TABLE a (id BIGINT) WITH ('connector' = 'datagen'); CREATE TABLE b (id BIGINT) WITH ('connector' = 'print'); INSERT INTO b SELECT id FROM a;";
const program = { entry: 'job.js' };
const s3 = { endpoint: 'http://minio:9000', bucket: 'b', secretRef: 'minio-credentials' };

/** What is wrong, the spec of a StreamJob, and what the API server's answer names. */
const JOBS: [what: string, spec: object, named: RegExp][] = [
  ['no body', {}, /exactly one of sql, graph and program must be set/],
  ['two bodies', { sql, program: { ...program, object: 'x.js' } }, /exactly one of sql, graph and program must be set/],
  ['empty SQL', { sql: '' }, /spec\.sql/],
  ['SQL that is a number', { sql: 7 }, /spec\.sql/],
  ['parallelism 0', { sql, parallelism: 0 }, /spec\.parallelism/],
  ['parallelism below 0', { sql, parallelism: -3 }, /spec\.parallelism/],
  ['parallelism as text', { sql, parallelism: 'many' }, /spec\.parallelism/],
  ['half an instance', { sql, parallelism: 1.5 }, /spec\.parallelism/],
  ['parallelism over maxParallelism', { sql, parallelism: 129 }, /parallelism must not exceed maxParallelism/],
  ['maxParallelism beyond all bounds', { sql, maxParallelism: 40000 }, /spec\.maxParallelism/],
  ['maxParallelism 0', { sql, maxParallelism: 0 }, /spec\.maxParallelism/],
  ['no slots', { sql, slotsPerRunner: 0 }, /spec\.slotsPerRunner/],
  ['an unknown state', { sql, state: 'paused' }, /spec\.state/],
  ['an unknown mode', { sql, mode: 'micro-batch' }, /spec\.mode/],
  ['an unknown upgradeMode', { sql, upgradeMode: 'blue-green' }, /spec\.upgradeMode/],
  ['a misspelt field', { sql, paralellism: 2 }, /spec\.paralellism/],
  ['a misspelt field further down', { sql, checkpoint: { intervall: '5s' } }, /spec\.checkpoint\.intervall/],
  ['an interval that is no duration', { sql, checkpoint: { interval: 'often' } }, /spec\.checkpoint\.interval/],
  ['an interval that is a list', { sql, checkpoint: { interval: ['5s'] } }, /spec\.checkpoint\.interval/],
  ['an unknown guarantee', { sql, checkpoint: { guarantee: 'maybe-once' } }, /spec\.checkpoint\.guarantee/],
  ['an unknown barrier mode', { sql, checkpoint: { mode: 'diagonal' } }, /spec\.checkpoint\.mode/],
  ['no checkpoint kept', { sql, checkpoint: { retained: 0 } }, /spec\.checkpoint\.retained/],
  ['failures below 0', { sql, checkpoint: { tolerableFailures: -1 } }, /spec\.checkpoint\.tolerableFailures/],
  ['an unknown restart strategy', { sql, restart: { kind: 'sometimes' } }, /spec\.restart\.kind/],
  ['a multiplier below 1', { sql, restart: { multiplier: 0.5 } }, /spec\.restart\.multiplier/],
  ['jitter over 1', { sql, restart: { jitter: 2 } }, /spec\.restart\.jitter/],
  ['no attempts', { sql, restart: { kind: 'fixed', attempts: 0 } }, /spec\.restart\.attempts/],
  ['two snapshots to restore', { sql, restore: { from: 'a', snapshotRef: 'b' } }, /only one of from and snapshotRef/],
  ['a snapshot without a name', { sql, restore: { snapshotRef: '' } }, /spec\.restore\.snapshotRef/],
  ['a history of none', { sql, savepoint: { history: { count: 0 } } }, /spec\.savepoint\.history\.count/],
  ['a nonce as text', { sql, savepoint: { nonce: 'now' } }, /spec\.savepoint\.nonce/],
  ['an autoscaler without upper bound', { sql, autoscaling: {} }, /spec\.autoscaling\.maxParallelism/],
  [
    'autoscaling bounds the wrong way round',
    { sql, autoscaling: { minParallelism: 4, maxParallelism: 2 } },
    /minParallelism must not exceed maxParallelism/,
  ],
  [
    'autoscaling over maxParallelism',
    { sql, maxParallelism: 8, autoscaling: { maxParallelism: 9 } },
    /autoscaling\.maxParallelism must not exceed/,
  ],
  [
    'utilization over 1',
    { sql, autoscaling: { maxParallelism: 2, targetUtilization: 1.2 } },
    /spec\.autoscaling\.targetUtilization/,
  ],
  [
    'a batch job that is autoscaled',
    { sql, mode: 'batch', autoscaling: { maxParallelism: 2 } },
    /batch jobs are not autoscaled/,
  ],
  ['an unknown deletion policy', { sql, deletionPolicy: { state: 'archive' } }, /spec\.deletionPolicy\.state/],
  ['a deletion policy that is a text', { sql, deletionPolicy: 'delete' }, /spec\.deletionPolicy/],
  ['a deadline without unit', { sql, deadlines: { start: '5' } }, /spec\.deadlines\.start/],
  ['an empty image', { sql, image: '' }, /spec\.image/],
  ['an unknown pull policy', { sql, imagePullPolicy: 'Sometimes' }, /spec\.imagePullPolicy/],
  ['a service account that is no name', { sql, serviceAccountName: 'Not A Name' }, /spec\.serviceAccountName/],
  ['an unknown log level', { sql, logLevel: 'chatty' }, /spec\.logLevel/],
  ['an empty time zone', { sql, timeZone: '' }, /spec\.timeZone/],
  ['a ttl that is no duration', { sql, ttl: 'a while' }, /spec\.ttl/],
  ['memory that is no quantity', { sql, resources: { memory: 'lots' } }, /spec\.resources\.memory/],
  ['a bucket without endpoint', { sql, storage: { s3: { bucket: 'b' } } }, /spec\.storage\.s3\.endpoint/],
  ['two kinds of storage', { sql, storage: { s3, local: { path: '/x' } } }, /spec\.storage/],
  ['a program without entry', { program: { configMap: 'code' } }, /spec\.program\.entry/],
  ['a program from nowhere', { program }, /exactly one of configMap, object and image/],
  [
    'a program in the image of nobody',
    { program: { ...program, image: true } },
    /program\.image: true needs spec\.image/,
  ],
  ['a graph without nodes', { graph: {} }, /spec\.graph\.nodes/],
];

/** What only the compiler can know. */
const BODIES: [name: string, sql: string, named: RegExp][] = [
  ['no-such-table', `${sql} INSERT INTO b SELECT id FROM nowhere;`, /nowhere/],
  ['no-such-column', `${sql} INSERT INTO b SELECT idd FROM a;`, /idd/],
  ['no-such-connector', sql.replace('datagen', 'datagenn'), /datagenn/],
  ['no-such-option', sql.replace("'datagen'", "'datagen', 'rows-per-hour' = '1'"), /rows-per-hour/],
  ['not-sql', 'SELEKT 1;', /SELEKT/],
];

export function refusals(cluster: () => E2eCluster): void {
  describe('a spec that can not be', () => {
    beforeAll(async () => {
      await cluster().createNamespace(NAMESPACE);
    }, 120_000);

    test('is refused by the API server, which names the field', async () => {
      const began = Date.now();
      expect(JOBS.length).toBeGreaterThanOrEqual(50);
      const answers: string[] = [];
      const judge = async ([what, spec, named]: (typeof JOBS)[number]) => {
        const object = { apiVersion: 'tidewheel.dev/v1alpha1', kind: 'StreamJob', metadata: { name: 'wrong' }, spec };
        const answer = await cluster()
          .kind.kubectl(['create', '-n', NAMESPACE, '--dry-run=server', '--validate=strict', '-f', '-'], {
            input: stringify(object),
          })
          .then(
            () => 'accepted',
            (error: Error) => error.message,
          );
        if (!named.test(answer)) answers.push(`${what}: ${answer}`);
      };
      for (let i = 0; i < JOBS.length; i += 4) await Promise.all(JOBS.slice(i, i + 4).map(judge));
      expect(answers).toEqual([]);
      note(`${JOBS.length} specs refused by the API server`, Date.now() - began);
    });

    test('is refused by the status where only a compiler can tell, and no pod is made', async () => {
      const jobs = BODIES.map(([name, body]) => ({ body, job: new Job(cluster(), NAMESPACE, name) }));
      await Promise.all(jobs.map(({ job, body }) => job.apply({ sql: body, upgradeMode: 'stateless' })));
      for (const [i, { job }] of jobs.entries()) {
        const status = await job.untilStatus('refused', (s) => s.phase === 'Refused');
        expect(status.message).toMatch(BODIES[i][2]);
        expect(status.conditions).toContainEqual(
          expect.objectContaining({ type: 'Degraded', status: 'True', reason: 'SpecRefused' }),
        );
        expect(await job.pods()).toEqual([]);
      }
      await Promise.all(jobs.map(({ job }) => job.delete()));
    });
  });
}
