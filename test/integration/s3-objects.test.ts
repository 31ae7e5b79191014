/** Objects in a real MinIO, read and written by a job; exactly once through the loss of a runner. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Supervisor } from '../../cli/local/supervisor.js';
import { SqlEngine } from '../../cli/shell/engine.js';
import { runScript } from '../../cli/shell/script.js';
import { minioClient, sharedMinio, uniqueName } from '../harness/index.js';

const OBJECTS = 6;
const ROWS = 20_000;

test('rows of several objects come out in objects, each once, with a runner killed on the way', async () => {
  const s3 = sharedMinio();
  const client = minioClient(s3);
  const prefix = uniqueName('objects');
  const text = 'x'.repeat(100);
  for (let o = 0; o < OBJECTS; o++) {
    const lines = Array.from({ length: ROWS }, (_, i) => JSON.stringify({ n: o * ROWS + i, text }));
    await client.putObject(s3.bucket, `${prefix}/in/${o}.json`, Buffer.from(lines.join('\n')));
  }
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-s3-'));
  const connection = `'endpoint' = '${s3.endpoint}', 'access-key' = '\${env:KEY}', 'secret-key' = '\${env:SECRET}', 'format' = 'json'`;
  await writeFile(
    join(dir, 'objects.sql'),
    `SET 'execution.checkpointing.interval' = '100ms';
CREATE TABLE a (n BIGINT, text STRING) WITH ('connector' = 's3', 'path' = 's3://${s3.bucket}/${prefix}/in/', ${connection});
CREATE TABLE b (n BIGINT) WITH ('connector' = 's3', 'path' = 's3://${s3.bucket}/${prefix}/out', ${connection});
CREATE TABLE c (n BIGINT, part STRING) PARTITIONED BY (part)
  WITH ('connector' = 's3', 'path' = 's3://${s3.bucket}/${prefix}/parts', ${connection});
INSERT INTO b SELECT n FROM a;
INSERT INTO c SELECT n, 'of ' || CAST(n / 1000 AS STRING) || '/x' FROM a WHERE n < 5000;`,
  );
  let killed = false;
  let watch: NodeJS.Timeout | undefined;
  const supervisor = new Supervisor({
    file: join(dir, 'objects.sql'),
    name: 'objects',
    runners: 2,
    parallelism: 2,
    stateDir: dir,
    logLevel: process.env.TIDEWHEEL_TEST_LOG ?? 'silent',
    env: { ...process.env, KEY: s3.accessKey, SECRET: s3.secretKey },
  });
  const list = async (folder: string) => {
    const names: string[] = [];
    for await (const item of client.listObjectsV2(s3.bucket, `${prefix}/${folder}`, true)) names.push(item.name!);
    return names;
  };
  /** The partitioned table, read again. */
  const countsOfParts = async () => {
    Object.assign(process.env, { KEY: s3.accessKey, SECRET: s3.secretKey });
    const { env } = process;
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const engine = new SqlEngine({ mode: 'batch', baseDir: dir, log, env, warn: () => {} });
    let out = '';
    const write = (t: string) => (out += t);
    await runScript(
      engine,
      `CREATE TABLE c (n BIGINT, part STRING) PARTITIONED BY (part)
         WITH ('connector' = 's3', 'path' = 's3://${s3.bucket}/${prefix}/parts', ${connection});
       SELECT part, COUNT(DISTINCT n) FROM c GROUP BY part`,
      { format: 'csv', write, writeError: write, chatty: false },
    );
    return out.trim().split('\n').slice(1).sort();
  };
  try {
    await supervisor.start();
    watch = setInterval(async () => {
      const out = await list('out/').catch(() => []);
      if (killed || out.length === 0) return;
      killed = true;
      supervisor.kill('runner-0');
    }, 20);
    expect(await supervisor.done).toBe(0);
    const numbers: number[] = [];
    for (const name of (await list('out/')).filter((n) => !n.includes('/_pending/'))) {
      const chunks: Buffer[] = [];
      for await (const c of await client.getObject(s3.bucket, name)) chunks.push(c as Buffer);
      for (const line of Buffer.concat(chunks).toString().split('\n'))
        if (line !== '') numbers.push(JSON.parse(line).n);
    }
    numbers.sort((x, y) => x - y);
    expect(numbers).toEqual(Array.from({ length: OBJECTS * ROWS }, (_, i) => i));
    expect((await list('out/')).filter((n) => n.includes('/_pending/'))).toEqual([]);
    const folders = (await list('parts/')).map((name) => name.split('/').at(-2));
    expect([...new Set(folders)].sort()).toEqual([0, 1, 2, 3, 4].map((i) => `part=of ${i}%2Fx`));
    expect(await countsOfParts()).toEqual([0, 1, 2, 3, 4].map((i) => `of ${i}/x,1000`));
  } finally {
    clearInterval(watch);
    await supervisor.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
