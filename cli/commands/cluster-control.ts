/** Commands for a job of a cluster: `suspend`, `resume`, `logs`. */
import type { Argv, CommandModule } from 'yargs';
import { ClusterJob } from '../cluster/cluster-job.js';

interface Args {
  job: string;
  context?: string;
  namespace?: string;
  timeout: number;
}

function common<T>(y: Argv<T>): Argv<T & Args> {
  return y
    .positional('job', { type: 'string', demandOption: true, describe: 'Name of the StreamJob' })
    .option('context', { type: 'string', describe: 'Context of the kubeconfig. Default: the current one' })
    .option('namespace', { type: 'string', alias: 'n', describe: 'Namespace. Default: that of the context' })
    .option('timeout', { type: 'number', default: 600, describe: 'Seconds to wait for it' }) as never;
}

export const suspend: CommandModule<object, Args> = {
  command: 'suspend <job>',
  describe: 'Save the state of a job of the cluster and let its pods go',
  builder: (y) => common(y) as never,
  handler: async (args) => {
    const job = await ClusterJob.open(args.job, args);
    const { status } = await job.change({ state: 'suspended' }, args.timeout * 1000);
    console.log(`suspended${status?.lastSavepoint?.location ? `, state in ${status.lastSavepoint.location}` : ''}`);
  },
};

export const resume: CommandModule<object, Args> = {
  command: 'resume <job>',
  describe: 'Go on with a suspended job of the cluster',
  builder: (y) => common(y) as never,
  handler: async (args) => {
    const job = await ClusterJob.open(args.job, args);
    const { status } = await job.change({ state: 'running' }, args.timeout * 1000);
    console.log(`running, ${status?.ready} ready`);
  },
};

export const logs: CommandModule<object, Args & { follow: boolean; tail: number }> = {
  command: 'logs <job>',
  describe: 'Logs of all pods of a job of the cluster',
  builder: (y) =>
    common(y)
      .option('follow', { type: 'boolean', alias: 'f', default: false })
      .option('tail', { type: 'number', default: 100, describe: 'Last lines of each pod' }) as never,
  handler: async (args) => {
    const job = await ClusterJob.open(args.job, args);
    await job.logs(args.follow, args.tail, (pod, line) => console.log(`${pod}: ${line}`));
  },
};
