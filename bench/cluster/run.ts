/**
 * `cluster`: what the operator costs a job on a real kind cluster, beside what Flink and its operator took on one like it. Needs
 * docker, kind, kubectl and helm; TIDEWHEEL_E2E_CLUSTER names a cluster that is there already.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { bytesOf } from '../../api/quantity.js';
import { OPERATOR_NAMESPACE } from '../../scripts/cluster/kind-cluster.js';
import { type E2eCluster, eventually, isReady, startE2eCluster } from '../../test/harness/kind/index.js';
import type { Suite, SuiteOptions } from '../suite.js';
import { BeatingJob } from './job.js';

const NAMESPACE = 'bench';
/** So long after it has come up a job is at rest. */
const AT_REST_MS = 15_000;

interface Line {
  readonly what: string;
  /** Flink 2.3 with its operator 1.15 on a kind cluster of one node, 2 cores, about 100 MB of keyed state. */
  readonly flink: string;
  readonly measured: string;
  readonly goal: string;
}

/** What the cases share. */
interface Bench {
  readonly cluster: E2eCluster;
  readonly repeat: number;
  told(line: Line): void;
  /** The job with 100 MB of state, made by the first case that asks for it. */
  filled(): Promise<BeatingJob>;
  /** How long changes of its spec took until the status said stable. */
  readonly stable: number[];
}

const CASES: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  start: async ({ cluster, repeat, told }) => {
    const times: number[] = [];
    for (let i = 0; i < repeat; i++) {
      const job = await BeatingJob.create(cluster, NAMESPACE, `start-${i}`);
      const fromMs = Date.now();
      await job.apply({ checkpoint: { interval: '5s' }, sql: job.sql(true) });
      times.push((await job.firstBeatFrom(fromMs)) - fromMs);
      if (i === repeat - 1) await memory(cluster, job, told);
      await job.delete();
    }
    told({ what: '`kubectl apply` → first output', flink: '10.9–17.3 s', measured: spread(times), goal: '≤ 3 s' });
  },
  rescale: async (bench) => {
    const job = await bench.filled();
    const { gaps, stable } = await during(bench, (i) => job.patch({ parallelism: 2 - (i % 2) }), bench.repeat * 2);
    bench.told({
      ...{ what: 'edit of parallelism: gap', goal: '≤ 0.3 s median, ≤ 0.6 s p95' },
      ...{ flink: '16.6–21.9 s (redeploy), 0.5–1.2 s (adaptive scheduler)', measured: spread(gaps) },
    });
    const measured = spread(stable);
    bench.told({ what: 'edit of parallelism → all at work', flink: '3.5–9.6 s', measured, goal: '≤ 3 s' });
    bench.stable.push(...stable);
  },
  upgrade: async (bench) => {
    const job = await bench.filled();
    const { gaps, stable } = await during(bench, (i) => job.patch({ sql: job.sql(false, i + 1) }));
    bench.told({ what: 'edit of SQL: gap', flink: '19.0–22.6 s', measured: spread(gaps), goal: '≤ 1.5 s' });
    const measured = spread([...bench.stable, ...stable]);
    bench.told({ what: 'change → status says stable', flink: '15.7–36 s', measured, goal: '≤ 5 s' });
  },
  kill: async (bench) => {
    const job = await bench.filled();
    const kill = async () => bench.cluster.killRunner(NAMESPACE, await job.podName('runner'));
    const measured = spread((await during(bench, kill)).gaps);
    bench.told({
      ...{ what: 'runner killed (-9): gap', flink: '5.0–5.9 s, with back-off 9.2', measured },
      goal: '≤ 1.5 s',
    });
  },
  container: async (bench) => {
    const job = await bench.filled();
    const kill = async () => bench.cluster.killProcess(NAMESPACE, await job.podName('runner'));
    const measured = spread((await during(bench, kill)).gaps);
    bench.told({ what: 'runner’s whole container killed: gap', flink: '', measured, goal: '' });
  },
  delete: async (bench) => {
    const job = await bench.filled();
    const { gaps } = await during(bench, () => deletePod(job, 'runner'));
    bench.told({
      ...{ what: 'runner pod deleted by force: gap', flink: '5.0–5.9 s', measured: spread(gaps) },
      goal: '≤ 1.5 s',
    });
  },
  standby: async (bench) => {
    const job = await bench.filled();
    await job.patch({ standbyRunners: 1 });
    const twoReady = () =>
      eventually(
        'one stands by',
        () => job.pods('runner'),
        (pods) => pods.length === 2 && pods.every(isReady),
      );
    const { gaps } = await during(bench, async () => {
      await twoReady();
      await bench.cluster.killRunner(NAMESPACE, await job.workingRunner());
    });
    bench.told({
      what: 'runner killed (-9) while another stands by (`standbyRunners: 1`): gap',
      flink: '',
      measured: spread(gaps),
      goal: '≤ 1.5 s',
    });
    await job.patch({ standbyRunners: null });
    await job.untilRuns();
  },
  coordinator: async (bench) => {
    const job = await bench.filled();
    const { gaps } = await during(bench, () => deletePod(job, 'coordinator'));
    const measured = spread(gaps);
    bench.told({ what: 'coordinator deleted by force: gap', flink: '6.6–23.1 s', measured, goal: 'none' });
  },
  operator: async (bench) => {
    await bench.filled();
    const name = async () => ['pod', await bench.cluster.leader(), '-n', OPERATOR_NAMESPACE];
    const remove = async () => {
      await bench.cluster.kind.kubectl(['delete', ...(await name()), '--force', '--grace-period=0']);
    };
    const { gaps } = await during(bench, remove, 1);
    bench.told({ what: 'operator deleted by force: gap', flink: '', measured: spread(gaps), goal: 'none' });
  },
  resume: async (bench) => {
    const job = await bench.filled();
    const resumed: number[] = [];
    for (let i = 0; i < bench.repeat; i++) {
      await job.patch({ state: 'suspended' });
      await job.untilStatus('suspended', (s) => s.phase === 'Suspended');
      await eventually(
        'no pods, none on its way out either',
        () => job.allPods(),
        (pods) => pods.length === 0,
      );
      const fromMs = Date.now();
      await job.patch({ state: 'running' });
      resumed.push((await job.firstBeatFrom(fromMs)) - fromMs);
      await job.untilRuns();
    }
    const measured = spread(resumed);
    bench.told({ what: 'resume after suspend → first output', flink: '17.7–19.4 s', measured, goal: '≤ 3 s' });
  },
};

/** Does something to the job again and again: the longest times without output, and how long the status took. */
async function during(
  bench: Bench,
  work: (i: number) => Promise<unknown>,
  times = bench.repeat,
): Promise<{ readonly gaps: number[]; readonly stable: number[] }> {
  const job = await bench.filled();
  const [gaps, stable]: number[][] = [[], []];
  for (let i = 0; i < times; i++) {
    const { gapMs, stableMs } = await job.during(() => work(i));
    gaps.push(gapMs);
    stable.push(stableMs);
  }
  return { gaps, stable };
}

export const cluster: Suite = {
  describe: 'the operator on a kind cluster: start, edits, failures, memory',
  names: () => Object.keys(CASES),
  events: 0,
  repeat: 3,
  run: measure,
};

async function measure({ names, repeat }: SuiteOptions): Promise<void> {
  const running = await startE2eCluster({ nodes: 1, replicas: 1 });
  const lines: Line[] = [];
  let job: Promise<BeatingJob> | undefined;
  const bench: Bench = {
    cluster: running,
    repeat,
    told: (line) => {
      lines.push(line);
      console.error(row(line));
    },
    filled: () => (job ??= fill(bench)),
    stable: [],
  };
  try {
    await running.createNamespace(NAMESPACE);
    for (const name of names) await CASES[name](bench);
    await (await job)?.delete();
  } finally {
    await running.remove();
  }
  console.log(['| | Flink and its operator | Tidewheel | goal |', '|---|---|---|---|', ...lines.map(row)].join('\n'));
}

async function fill({ cluster, told }: Bench): Promise<BeatingJob> {
  const job = await BeatingJob.create(cluster, NAMESPACE, 'changes');
  await job.apply({ ...job.checkpointing(), sql: job.sql(false) });
  await job.untilRuns();
  await job.untilFilled();
  const { gapMs } = await job.during(async () => {});
  told({ what: 'nothing done: gap', flink: '', measured: seconds(gapMs), goal: '' });
  return job;
}

const row = ({ what, flink, measured, goal }: Line) => `| ${what} | ${flink} | ${measured} | ${goal} |`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/** Median, and the extremes. */
function spread(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[(sorted.length - 1) >> 1];
  return `${seconds(median)} (${(sorted[0] / 1000).toFixed(2)}–${seconds(sorted[sorted.length - 1])}, n = ${sorted.length})`;
}

async function deletePod(job: BeatingJob, component: 'coordinator' | 'runner'): Promise<void> {
  await job.kubectl('delete', 'pod', await job.podName(component), '--force', '--grace-period=0');
}

/** Of a job at rest. */
async function memory(cluster: E2eCluster, job: BeatingJob, told: Bench['told']): Promise<void> {
  await job.untilRuns();
  await delay(AT_REST_MS);
  const mebibytes = async (namespace: string, pod: string) =>
    (await cluster.residentBytes(namespace, pod)) / 1024 / 1024;
  const pods = await job.pods();
  const used = await Promise.all(pods.map((p) => mebibytes(NAMESPACE, p.metadata.name)));
  const requested = pods
    .flatMap((p) => p.spec.containers.map((c: any) => bytesOf(c.resources.requests.memory) / 1024 / 1024))
    .reduce((sum, n) => sum + n, 0);
  const sum = used.reduce((a, b) => a + b, 0);
  told({
    ...{ what: 'memory of an idle job, all pods (RSS)', flink: '882 MiB; requests 3.3 GiB' },
    ...{ measured: `${sum.toFixed(0)} MiB; requests ${requested} MiB`, goal: '≤ 160 MiB; ≤ 256 MiB' },
  });
  const operator = await mebibytes(OPERATOR_NAMESPACE, await cluster.leader());
  told({ what: 'operator’s memory', flink: '333–393 MiB', measured: `${operator.toFixed(0)} MiB`, goal: '≤ 120 MiB' });
}
