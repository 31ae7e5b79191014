/** Commands for a job that runs on this machine: `status`, `savepoint`, `rescale`, `stop`, `cancel`; the first three also for one of a cluster. */
import type { Argv, CommandModule } from 'yargs';
import { call, findJob, runningJobs } from '../local/api-client.js';

interface Args {
  job: string;
  'state-dir': string;
  json: boolean;
  context?: string;
  namespace?: string;
  cluster?: boolean;
}

/** Named a context or a namespace, a command means the cluster's job. */
function isOfCluster(args: Args): boolean {
  return args.cluster === true || args.context !== undefined || args.namespace !== undefined;
}

async function inCluster(args: Args) {
  if (!isOfCluster(args)) return undefined;
  const { ClusterJob } = await import('../cluster/cluster-job.js');
  return ClusterJob.open(args.job, args);
}

const CLUSTER_WAIT_MS = 600_000;

function common<T>(y: Argv<T>, needed = true): Argv<T & Args> {
  return y
    .positional('job', { type: 'string', demandOption: needed, describe: 'Name of the job' })
    .option('state-dir', {
      type: 'string',
      default: '.tidewheel',
      describe: 'State folder that the job was started with',
    })
    .option('context', { type: 'string', describe: 'Context of the kubeconfig: the job is that of the cluster' })
    .option('namespace', { type: 'string', alias: 'n', describe: 'Namespace: the job is that of the cluster' })
    .option('cluster', { type: 'boolean', describe: 'The job is that of the cluster of the current context' })
    .option('json', { type: 'boolean', default: false, describe: 'JSON, for scripts' }) as never;
}

function print(json: boolean, answer: object, text: string): void {
  console.log(json ? JSON.stringify(answer) : text);
}

interface JobView {
  name: string;
  state: string;
  parallelism: number;
  restarts: number;
  rowsIn: number;
  rowsOut: number;
  lag: number;
  watermark: number | null;
  runners: number;
  waitingFor?: string;
  lastCheckpoint?: { id: number; atMs: number };
  exception?: { message: string; atMs: number };
}

/** Without a job: all that run here. */
async function listJobs(args: Args): Promise<void> {
  const jobs: JobView[] = [];
  for (const { url } of await runningJobs(args['state-dir'])) {
    const job = await call<JobView>(url, 'GET', '/api/v1/job').catch(() => undefined);
    if (job) jobs.push(job);
  }
  const lines = jobs.map(
    (job) => `${job.name}: ${job.state}, parallelism ${job.parallelism}, rows in ${job.rowsIn}, out ${job.rowsOut}`,
  );
  print(args.json, jobs, lines.join('\n') || `No job runs with its state in ${args['state-dir']}`);
}

async function listClusterJobs(args: Args): Promise<void> {
  const { listOfCluster } = await import('../cluster/cluster-job.js');
  const { namespace, jobs } = await listOfCluster(args);
  const lines = jobs.map(({ metadata, status: s }) => {
    const rates = `${s?.recordsPerSecond ?? 0} rows/s, lag ${s?.lag ?? 0}`;
    return `${metadata.name}: ${s?.phase ?? 'Pending'}, ${s?.ready ?? '0/0'} ready, ${rates}`;
  });
  print(args.json, jobs, lines.join('\n') || `No StreamJob in namespace ${namespace}`);
}

export const status: CommandModule<object, Args> = {
  command: 'status [job]',
  describe: 'What a job is doing; without a name, all jobs',
  builder: (y) => common(y, false) as never,
  handler: async (args) => {
    if (args.job === undefined) return isOfCluster(args) ? listClusterJobs(args) : listJobs(args);
    const cluster = await inCluster(args);
    if (cluster) {
      const { showStatus } = await import('../cluster/cluster-job.js');
      const found = await cluster.read();
      print(args.json, found.status ?? {}, showStatus(found));
      return;
    }
    const job = await call<JobView>(await findJob(args['state-dir'], args.job), 'GET', '/api/v1/job');
    const when = (ms: number) => new Date(ms).toISOString();
    const lines = [
      `${job.name}: ${job.state}, parallelism ${job.parallelism} on ${job.runners} runner(s), ${job.restarts} restart(s)`,
      `rows in ${job.rowsIn}, out ${job.rowsOut}, lag ${job.lag}, watermark ${job.watermark === null ? 'none yet' : when(job.watermark)}`,
      job.lastCheckpoint
        ? `last checkpoint ${job.lastCheckpoint.id} at ${when(job.lastCheckpoint.atMs)}`
        : 'no checkpoint yet',
    ];
    if (job.waitingFor) lines.push(`waiting: ${job.waitingFor}`);
    if (job.exception) lines.push(`last failure at ${when(job.exception.atMs)}: ${job.exception.message}`);
    print(args.json, job, lines.join('\n'));
  },
};

export const savepoint: CommandModule<object, Args & { name?: string }> = {
  command: 'savepoint <job> [name]',
  describe: 'Take a savepoint of a running job',
  builder: (y) => common(y.positional('name', { type: 'string', describe: 'Name of the savepoint' })) as never,
  handler: async (args) => {
    const cluster = await inCluster(args);
    if (cluster) {
      const name = args.name ?? `${args.job}-${Math.floor(Date.now() / 1000).toString(36)}`;
      const snapshot = await cluster.savepoint(name, CLUSTER_WAIT_MS);
      print(args.json, snapshot.status, snapshot.status.location);
      return;
    }
    const url = await findJob(args['state-dir'], args.job);
    const answer = await call<{ location: string }>(url, 'POST', '/api/v1/job/savepoints', { name: args.name });
    print(args.json, answer, answer.location);
  },
};

export const rescale: CommandModule<object, Args & { parallelism: number }> = {
  command: 'rescale <job> <parallelism>',
  describe: 'Change the parallelism of a running job in place',
  builder: (y) => common(y.positional('parallelism', { type: 'number', demandOption: true })) as never,
  handler: async (args) => {
    const { parallelism } = args;
    const cluster = await inCluster(args);
    if (cluster) {
      const { status } = await cluster.change({ parallelism }, CLUSTER_WAIT_MS);
      print(args.json, status?.change ?? {}, status?.change?.message ?? `parallelism is ${parallelism}`);
      return;
    }
    const url = await findJob(args['state-dir'], args.job);
    const answer = await call<Record<'from' | 'to' | 'pauseMs' | 'movedGroups', number>>(
      url,
      'POST',
      '/api/v1/job/rescale',
      {
        parallelism,
      },
    );
    const { from, to, pauseMs, movedGroups } = answer;
    print(args.json, answer, `rescaled ${from} → ${to}: ${movedGroups} key groups moved, no rows for ${pauseMs} ms`);
  },
};

export const stop: CommandModule<object, Args & { savepoint?: string; drain?: boolean }> = {
  command: 'stop <job>',
  describe: 'Stop a running job with a savepoint',
  builder: (y) =>
    common(
      y.option('savepoint', { type: 'string', describe: 'Name of the savepoint' }).option('drain', {
        type: 'boolean',
        describe: 'Stop for good: event time goes to its end first, so that windows and timers give what they have',
      }),
    ) as never,
  handler: async (args) => {
    const url = await findJob(args['state-dir'], args.job);
    const name = args.savepoint ?? `stopped-${Date.now()}`;
    const answer = await call<{ location: string }>(url, 'POST', '/api/v1/job/stop', {
      savepoint: name,
      ...(args.drain ? { drain: true } : {}),
    });
    print(args.json, answer, answer.location);
  },
};

export const cancel: CommandModule<object, Args> = {
  command: 'cancel <job>',
  describe: 'Stop a running job at once, without a savepoint',
  builder: (y) => common(y) as never,
  handler: async (args) => {
    const answer = await call<{ state: string }>(
      await findJob(args['state-dir'], args.job),
      'POST',
      '/api/v1/job/cancel',
    );
    print(args.json, answer, answer.state);
  },
};
