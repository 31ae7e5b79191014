/**
 * Joins, ranks and last rows keep their texts packed into one (`s`, `s0`, …). Versions before kept each text by itself (`v0`, …): such a
 * snapshot is refused, and the store stays what it was.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LocalRun, runEmbedded } from '../../../cli/local/embedded.js';
import { collectRows } from '../../../runtime/connectors/collect/index.js';
import { loadJob } from '../../../runtime/job/index.js';
import { FileStore } from '../../../runtime/snapshot/file-store.js';
import { type Manifest, readManifest, type TableLayout, writeManifest } from '../../../runtime/snapshot/manifest.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const JOINED =
  'SELECT l.id, l.a, l.b, r.a AS c, r.b AS d FROM lefts l JOIN (SELECT id, LAST_VALUE(a) AS a, LAST_VALUE(b) AS b FROM rights GROUP BY id) r ON l.id = r.id';
const LAST =
  'SELECT id, a, b, a AS c, b AS d FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY p DESC) AS n FROM lefts) WHERE n = 1';
const RANKED =
  'SELECT id, a, b, a AS c, b AS d FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY a DESC) AS n FROM lefts) WHERE n <= 2';

let dir: string;
let close: () => Promise<void>;
const seen: { until(count: number): Promise<void> } = { until: async () => {} };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidewheel-layout-'));
  close = async () => {};
  for (const name of ['lefts', 'rights']) {
    await writeFile(
      join(dir, `${name}.json`),
      '{"id":1,"a":"one","b":"first"}\n{"id":2,"a":"two","b":null}\n{"id":3,"a":"three","b":"third"}\n',
    );
  }
});

afterEach(async () => {
  await close();
  await rm(dir, { recursive: true, force: true });
});

async function start(select: string, restoreFrom?: string): Promise<LocalRun> {
  const source = (name: string) => `CREATE TABLE ${name} (id BIGINT, a STRING, b STRING, p AS PROCTIME())
      WITH ('connector' = 'filesystem', 'path' = '${dir}/${name}.json', 'format' = 'json', 'source.monitor-interval' = '1h');`;
  const sql = `${source('lefts')} ${source('rights')}
    CREATE TABLE answer (id BIGINT, a STRING, b STRING, c STRING, d STRING) WITH ('connector' = 'collect', 'name' = 'layouts');
    INSERT INTO answer ${select};`;
  await writeFile(
    join(dir, 'job.yaml'),
    `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: layouts }
spec: { sql: ${JSON.stringify(sql)} }
`,
  );
  let rows = 0;
  let arrived = () => {};
  const remove = collectRows('layouts', () => {
    rows++;
    arrived();
  });
  seen.until = (count) =>
    new Promise((resolve) => {
      arrived = () => {
        if (rows >= count) resolve();
      };
      arrived();
    });
  const job = await loadJob(join(dir, 'job.yaml'));
  const run = await runEmbedded(job, { log, stateDir: join(dir, 'state'), env: {}, restoreFrom, quiet: true });
  close = async () => {
    remove();
    if (!run.coordinator.isOver) await run.coordinator.cancel();
    await run.close();
  };
  return run;
}

/** The table as the version before texts were packed laid it out. */
function unpacked(table: TableLayout): TableLayout {
  const texts = table.values.filter(({ name }) => /^s\d+$/.test(name)).length;
  const others = table.values.filter(({ name }) => !/^s\d*$/.test(name));
  const text = { kind: 'VARCHAR', length: 2_147_483_647, nullable: true } as const;
  const columns = Array.from({ length: texts }, (_, i) => ({ name: `v${i}`, type: text }));
  return texts === 0 ? table : { ...table, values: [...columns, ...others] };
}

/** Makes a snapshot one of that version. */
async function makeOlder(store: FileStore, key: string): Promise<void> {
  const manifest = await readManifest(store, key);
  let packed = 0;
  const nodes = Object.entries(manifest.nodes).map(([id, node]) => {
    const tables = node.keyed?.tables.map(unpacked);
    packed += tables?.filter((table, i) => table !== node.keyed!.tables[i]).length ?? 0;
    return [id, tables ? { ...node, keyed: { ...node.keyed!, tables } } : node];
  });
  expect(packed).toBeGreaterThan(0);
  await store.delete([key]);
  const older: Manifest = { ...manifest, nodes: Object.fromEntries(nodes) };
  await writeManifest(store, older, /^savepoints\/(.*)\.json$/.exec(key)?.[1]);
}

async function objects(root: string): Promise<Map<string, string>> {
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !/leader|epoch/.test(path));
  return new Map(await Promise.all(paths.map(async (p) => [p, (await readFile(p)).toString('base64')] as const)));
}

describe.each([
  ['a join', JOINED],
  ['last rows', LAST],
  ['a ranking', RANKED],
])('the snapshot of %s by the version before', (_what, select) => {
  let store: FileStore;

  beforeEach(async () => {
    const run = await start(select);
    await seen.until(3);
    await run.coordinator.stop('kept');
    await close();
    store = new FileStore(join(dir, 'state', 'layouts'));
  });

  test('is refused as the newest checkpoint, and the refusal says what to do', async () => {
    const newest = (await store.list('checkpoints/')).filter((key) => key.endsWith('.json')).at(-1)!;
    await makeOlder(store, newest);
    const before = await objects(store.root);
    const { coordinator } = await start(select);
    expect(await coordinator.ended).toBe('failed');
    const [{ code, message }] = coordinator.exceptions;
    expect(code).toBe('TW4004');
    expect(message).toMatch(/changed its layout: v0 VARCHAR/);
    expect(message).toMatch(/go on with the version that wrote it, start from a snapshot that this one wrote/);
    expect(await objects(store.root)).toEqual(before);
  });

  test('is refused as a savepoint, and the job goes on from its newest checkpoint without it', async () => {
    await cp(join(store.root, 'savepoints/kept.json'), join(store.root, 'savepoints/older.json'));
    await makeOlder(store, 'savepoints/older.json');
    const before = await objects(store.root);
    const refused = await start(select, 'savepoints/older.json');
    expect(await refused.coordinator.ended).toBe('failed');
    expect(refused.coordinator.exceptions[0].code).toBe('TW4004');
    await close();
    expect(await objects(store.root)).toEqual(before);
    const { coordinator } = await start(select);
    await new Promise<void>((resolve) => {
      coordinator.onState((state) => state === 'running' && resolve());
      if (coordinator.state === 'running') resolve();
    });
  });
});
