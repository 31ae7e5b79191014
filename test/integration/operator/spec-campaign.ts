/**
 * Random edits of a job's spec, at random moments and in any phase, mixed with deaths of its processes and of the operator; at the
 * end every row must have come out once. What is done follows from the seed alone; when it happens also from the machine.
 */
import { seeded } from '../guarantee/main-job.js';
import type { IdsCluster } from './ids-job.js';

export interface CampaignOptions {
  readonly seed: number;
  readonly edits: number;
  /** Longest time between two of them. */
  readonly pauseMs?: number;
  readonly say?: (text: string) => void;
}

export interface CampaignReport {
  readonly rows: number;
  readonly missing: readonly number[];
  readonly repeated: readonly number[];
  /** Kinds of changes that the operator finished. */
  readonly changes: Readonly<Record<string, number>>;
}

const END_MS = 180_000;

type Spec = Record<string, unknown>;
interface Edit {
  readonly name: string;
  readonly weight: number;
  readonly make: (spec: Spec, random: () => number) => Spec | Promise<void>;
}

export async function campaign(ids: IdsCluster, options: CampaignOptions): Promise<CampaignReport> {
  const { seed, edits, pauseMs = 1500, say = () => {} } = options;
  const random = seeded(seed);
  const { cluster } = ids;
  const kill = (prefix: string) => {
    const names = cluster.api
      .all('pods')
      .map((p) => p.metadata.name)
      .filter((name) => name.startsWith(prefix))
      .sort();
    const pid = cluster.kubelet.pid(names[Math.floor(random() * names.length)] ?? '');
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  };
  const kinds: readonly Edit[] = [
    { name: 'parallelism', weight: 6, make: (s, r) => ({ ...s, parallelism: 1 + Math.floor(r() * 3) }) },
    {
      name: 'body',
      weight: 4,
      make: (s, r) => ({ ...s, sql: ids.sql({ where: `WHERE id >= -${Math.floor(r() * 4)}` }) }),
    },
    {
      name: 'checkpoint',
      weight: 2,
      make: (s, r) => ({ ...s, checkpoint: { interval: `${400 + Math.floor(r() * 6) * 100}ms` } }),
    },
    { name: 'pods', weight: 1, make: (s, r) => ({ ...s, logLevel: r() < 0.5 ? 'info' : 'warn' }) },
    { name: 'state', weight: 3, make: (s) => ({ ...s, state: s.state === 'suspended' ? 'running' : 'suspended' }) },
    { name: 'mode', weight: 2, make: (s, r) => ({ ...s, upgradeMode: r() < 0.5 ? 'savepoint' : 'last-state' }) },
    { name: 'restart', weight: 1, make: (s, r) => ({ ...s, restartNonce: Math.floor(r() * 1000) }) },
    { name: 'savepoint', weight: 1, make: (s, r) => ({ ...s, savepoint: { nonce: Math.floor(r() * 1000) } }) },
    // Refused before anything is touched; the next body puts it right.
    { name: 'wrong body', weight: 1, make: (s) => ({ ...s, sql: ids.sql().replace('INTO copies', 'INTO coppies') }) },
    // Can be planned and can't run: rolled back, or overtaken by the next edit.
    {
      name: 'broken body',
      weight: 1,
      make: (s) => ({ ...s, sql: ids.sql().replace(ids.out(), '/dev/null/nowhere') }),
    },
    { name: 'coordinator dies', weight: 2, make: async () => kill('ids-coordinator') },
    { name: 'runner dies', weight: 2, make: async () => kill('ids-runner') },
    {
      name: 'operator dies',
      weight: 1,
      make: async () => {
        await cluster.operator?.stop();
        await cluster.startOperator();
      },
    },
  ];
  const total = kinds.reduce((sum, k) => sum + k.weight, 0);
  let spec: Spec = { parallelism: 2, deadlines: { stable: '1s', start: '60s' } };
  ids.apply(spec);
  await ids.until('it runs at first', () => ids.runs(), END_MS);
  for (let i = 0; i < edits; i++) {
    let at = random() * total;
    // A job that is suspended tells little.
    const mustResume = spec.state === 'suspended' && random() < 0.4;
    const edit = kinds.find((k) => (mustResume ? k.name === 'state' : (at -= k.weight) < 0)) ?? kinds[0];
    say(`${i}: ${edit.name} while ${ids.status().phase} ${ids.status().change?.kind ?? ''}`);
    const next = await edit.make(spec, random);
    if (next) {
      spec = next;
      ids.apply(spec);
    }
    await new Promise((resolve) => setTimeout(resolve, random() * pauseMs));
  }
  spec = { ...spec, state: 'running', upgradeMode: 'savepoint', sql: ids.sql(), parallelism: 2 };
  ids.apply(spec);
  await ids.until('it runs in the end', () => ids.runs(), END_MS);
  const rows = ids.rows().length;
  await ids.until('rows come in the end', () => ids.rows().length > rows + 100, END_MS);
  const suspended = async () => {
    ids.apply({ ...spec, state: 'suspended' });
    const isSuspended = () => ids.status().phase === 'Suspended' && cluster.api.all('pods').length === 0;
    await ids.until('suspended in the end', isSuspended, END_MS);
  };
  await suspended();
  // Instances read their shares at their own pace: what one has not come to yet is not lost, and comes after a while.
  const holes = ids.wrongRows().missing;
  ids.apply(spec);
  const come = () => {
    const seen = new Set(ids.rows());
    return holes.every((id) => seen.has(id)) && seen.size > rows + 400;
  };
  const allCome = await ids.until('what was not read yet', come, 60_000).then(
    () => true,
    () => false,
  );
  await suspended();
  const { missing, repeated } = ids.wrongRows();
  const changes: Record<string, number> = {};
  for (const event of cluster.api.all('events')) {
    changes[event.reason as string] = (changes[event.reason as string] ?? 0) + 1;
  }
  return { rows: ids.rows().length, missing: allCome ? [] : missing, repeated, changes };
}
