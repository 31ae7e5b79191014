/**
 * `cluster`: what the operator costs a job on a real kind cluster, beside what Flink and its operator took on one like it. Needs
 * docker, kind, kubectl and helm; TIDEWHEEL_E2E_CLUSTER names a cluster that is there already.
 */
import { bytesOf } from '../../api/quantity.js';
import { OPERATOR_NAMESPACE } from '../../scripts/cluster/kind-cluster.js';
import { type E2eCluster, eventually, isReady, startE2eCluster } from '../../test/harness/kind/index.js';
import type { Suite, SuiteOptions } from '../suite.js';
import { BeatingJob } from './job.js';

const NAMESPACE = 'bench';

interface Line {
  readonly what: string;
  /** Flink 2.3 with its operator 1.15 on a kind cluster of one node, 2 cores, about 100 MB of keyed state. */
  readonly flink: string;
  readonly measured: string;
  readonly goal: string;
}

type Told = (line: Line) => void;

const CASES: Readonly<Record<string, (cluster: E2eCluster, repeat: number, told: Told) => Promise<void>>> = {
  start: async (cluster, repeat, told) => {
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
  changes: async (cluster, repeat, told) => {
    const job = await BeatingJob.create(cluster, NAMESPACE, 'changes');
    const stable: number[] = [];
    const gaps = async (work: (i: number) => Promise<unknown>, times = repeat) => {
      const out: number[] = [];
      for (let i = 0; i < times; i++) {
        const { gapMs, stableMs } = await job.during(() => work(i));
        out.push(gapMs);
        stable.push(stableMs);
      }
      return out;
    };
    await job.apply({ ...job.checkpointing(), sql: job.sql(false) });
    await job.untilRuns();
    await job.untilFilled();
    const jitter = await job.during(async () => {});
    told({ what: 'nothing done: gap', flink: '', measured: seconds(jitter.gapMs), goal: '' });
    const edits = await gaps((i) => job.patch({ parallelism: 2 - (i % 2) }), repeat * 2);
    told({
      ...{ what: 'edit of parallelism: gap', goal: '≤ 0.3 s median, ≤ 0.6 s p95' },
      ...{ flink: '16.6–21.9 s (redeploy), 0.5–1.2 s (adaptive scheduler)', measured: spread(edits) },
    });
    const scaled = stable.splice(0);
    told({ what: 'edit of parallelism → all at work', flink: '3.5–9.6 s', measured: spread(scaled), goal: '≤ 3 s' });
    const upgrades = await gaps((i) => job.patch({ sql: job.sql(false, i + 1) }));
    told({ what: 'edit of SQL: gap', flink: '19.0–22.6 s', measured: spread(upgrades), goal: '≤ 1.5 s' });
    const upgraded = stable.splice(0);
    told({
      what: 'change → status says stable',
      flink: '15.7–36 s',
      measured: spread([...scaled, ...upgraded]),
      goal: '≤ 5 s',
    });
    const killed = await gaps(async () => cluster.killProcess(NAMESPACE, await job.podName('runner')));
    told({
      what: 'runner killed (-9): gap',
      flink: '5.0–5.9 s, with back-off 9.2',
      measured: spread(killed),
      goal: '≤ 1.5 s',
    });
    const deleted = await gaps(async () => deletePod(job, 'runner'));
    told({ what: 'runner pod deleted by force: gap', flink: '5.0–5.9 s', measured: spread(deleted), goal: '≤ 1.5 s' });
    await job.patch({ standbyRunners: 1 });
    const twoReady = () =>
      eventually(
        'one stands by',
        () => job.pods('runner'),
        (pods) => pods.length === 2 && pods.every(isReady),
      );
    const stoodBy = await gaps(async () => {
      await twoReady();
      await cluster.killProcess(NAMESPACE, await job.workingRunner());
    });
    told({
      what: 'runner killed (-9) while another stands by (`standbyRunners: 1`): gap',
      flink: '',
      measured: spread(stoodBy),
      goal: '≤ 1.5 s',
    });
    await job.patch({ standbyRunners: null });
    await job.untilRuns();
    const coordinator = await gaps(async () => deletePod(job, 'coordinator'));
    told({
      what: 'coordinator deleted by force: gap',
      flink: '6.6–23.1 s',
      measured: spread(coordinator),
      goal: 'none',
    });
    const operator = await gaps(async () => {
      const name = await cluster.leader();
      await cluster.kind.kubectl(['delete', 'pod', name, '-n', OPERATOR_NAMESPACE, '--force', '--grace-period=0']);
    }, 1);
    told({ what: 'operator deleted by force: gap', flink: '', measured: spread(operator), goal: 'none' });
    const resumed: number[] = [];
    for (let i = 0; i < repeat; i++) {
      await job.patch({ state: 'suspended' });
      await job.untilStatus('suspended', (s) => s.phase === 'Suspended');
      await eventually(
        'no pods',
        () => job.pods(),
        (pods) => pods.length === 0,
      );
      const fromMs = Date.now();
      await job.patch({ state: 'running' });
      resumed.push((await job.firstBeatFrom(fromMs)) - fromMs);
      await job.untilRuns();
    }
    told({
      what: 'resume after suspend → first output',
      flink: '17.7–19.4 s',
      measured: spread(resumed),
      goal: '≤ 3 s',
    });
    await job.delete();
  },
};

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
  const told = (line: Line) => {
    lines.push(line);
    console.error(row(line));
  };
  try {
    await running.createNamespace(NAMESPACE);
    for (const name of names) await CASES[name](running, repeat, told);
  } finally {
    await running.remove();
  }
  console.log(['| | Flink and its operator | Tidewheel | goal |', '|---|---|---|---|', ...lines.map(row)].join('\n'));
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

async function memory(cluster: E2eCluster, job: BeatingJob, told: Told): Promise<void> {
  await job.untilRuns();
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
