/**
 * A job that copies the numbers from 0 up into files, each exactly once, with real processes behind the API server in memory: what
 * tests of the operator change, break and count.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../../operator/kube/objects.js';
import type { OperatorOptions } from '../../../operator/run.js';
import { TestCluster } from '../../harness/cluster/index.js';

export interface IdsOptions {
  readonly name?: string;
  readonly rows?: number;
  readonly perSecond?: number;
  /** Appended to the query, e.g. `WHERE id >= 0`, to make it another one. */
  readonly where?: string;
}

export class IdsCluster {
  private constructor(
    readonly dir: string,
    readonly cluster: TestCluster,
  ) {}

  static async start(options: Partial<OperatorOptions> = {}): Promise<IdsCluster> {
    const dir = mkdtempSync(join(tmpdir(), 'tidewheel-operator-'));
    return new IdsCluster(dir, await TestCluster.start(dir, options));
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  sql({ name = 'ids', rows = 1_000_000, perSecond = 300, where = '' }: IdsOptions = {}): string {
    return `
      CREATE TABLE ids (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${perSecond}',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '${rows - 1}');
      CREATE TABLE copies (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '${this.out(name)}', 'format' = 'csv');
      INSERT INTO copies SELECT id FROM ids ${where};`;
  }

  out(name = 'ids'): string {
    return join(this.dir, 'out', name);
  }

  /** Applies the job with its store in a folder and deadlines that suit a test. */
  apply(spec: object = {}, options: IdsOptions = {}): void {
    this.cluster.apply({
      apiVersion: 'tidewheel.dev/v1alpha1',
      kind: 'StreamJob',
      metadata: { name: options.name ?? 'ids' },
      spec: {
        sql: this.sql(options),
        storage: { local: { path: join(this.dir, 'store') } },
        checkpoint: { interval: '500ms' },
        deadlines: { stable: '1s', start: '30s' },
        ...spec,
      },
    } as KubeObject);
  }

  status(name = 'ids'): any {
    return this.cluster.job(name)?.status ?? {};
  }

  condition(type: string, name = 'ids'): any {
    return this.status(name).conditions?.find((c: { type: string }) => c.type === type);
  }

  /** The generation that was applied last is reached, and all its instances run. */
  runs(name = 'ids'): boolean {
    const status = this.status(name);
    const { generation } = this.cluster.job(name).metadata;
    const [ready, wanted] = (status.ready ?? '0/1').split('/');
    const isThere = status.phase === 'Running' && ready === wanted && ready !== '0';
    return isThere && status.observedGeneration === generation && status.change?.completedAt !== undefined;
  }

  until(what: string, holds: () => boolean, timeoutMs?: number): Promise<number> {
    return this.cluster.until(what, holds, timeoutMs);
  }

  untilRuns(name = 'ids'): Promise<number> {
    return this.until(`${name} runs`, () => this.runs(name));
  }

  /** More rows are committed. */
  async comesOn(): Promise<void> {
    const rows = this.rows().length;
    await this.until('rows come', () => this.rows().length > rows + 150);
  }

  /** Processes of the two runners of a job. */
  runnerPids(name = 'ids'): (number | undefined)[] {
    return [`${name}-runner-0`, `${name}-runner-1`].map((pod) => this.cluster.kubelet.pid(pod));
  }

  /** Committed rows, in order. */
  rows(name = 'ids'): number[] {
    const found: number[] = [];
    const read = (folder: string) => {
      if (!existsSync(folder)) return;
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) read(path);
        else if (!/^[._]/.test(entry.name))
          found.push(...readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number));
      }
    };
    read(this.out(name));
    return found.sort((a, b) => a - b);
  }

  /** Rows that should be there once and are not, and those that are there too often; up to the highest one seen. */
  wrongRows(name = 'ids'): { readonly missing: number[]; readonly repeated: number[] } {
    const rows = this.rows(name);
    const seen = new Set(rows);
    const missing: number[] = [];
    for (let id = 0; id <= (rows.at(-1) ?? -1); id++) if (!seen.has(id)) missing.push(id);
    return { missing, repeated: rows.filter((id, i) => rows[i - 1] === id) };
  }

  /** Names of the job's objects in the store under a prefix, e.g. `savepoints`. */
  stored(prefix: string, name = 'ids'): string[] {
    const folder = join(this.dir, 'store', name, prefix);
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }
}
