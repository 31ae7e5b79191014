/** A job in this one process: coordinator and one runner joined in memory. Starts fastest; what `tidewheel run` does by default. */
import { Coordinator } from '../../runtime/coordinator/coordinator.js';
import { coordinatorOptions } from '../../runtime/coordinator/from-job.js';
import { type JobDefinition, referenceResolver } from '../../runtime/job/index.js';
import type { Logger } from '../../runtime/source/contract.js';
import { type CoordinatorMessage, linkPair, type RunnerMessage } from '../../runtime/task/control.js';
import { registry } from '../../runtime/worker/registry.js';
import { Runner } from '../../runtime/worker/runner.js';

export interface LocalRun {
  readonly coordinator: Coordinator;
  close(): Promise<void>;
}

export async function runEmbedded(
  job: JobDefinition,
  options: { log: Logger; stateDir: string; env: NodeJS.ProcessEnv; restoreFrom?: string },
): Promise<LocalRun> {
  const resolve = referenceResolver({ env: options.env, secretsDir: options.env.TIDEWHEEL_SECRETS_DIR });
  const coordinator = await Coordinator.create(
    await coordinatorOptions(job, {
      registry,
      resolve,
      log: options.log,
      expectedRunners: 1,
      defaultStateDir: options.stateDir,
      restoreFrom: options.restoreFrom,
    }),
  );
  const runner = new Runner({
    id: 'local-0',
    job: job.name,
    bindHost: '127.0.0.1',
    host: '127.0.0.1',
    // With one slot nothing is gained by a thread, and its start is lost.
    inProcess: job.spec.parallelism === 1,
    log: options.log,
    connect: async () => {
      const [mine, theirs] = linkPair<CoordinatorMessage, RunnerMessage>();
      coordinator.runners.accept(theirs);
      return mine;
    },
  });
  coordinator.start();
  void runner.run();
  return {
    coordinator,
    close: async () => {
      await runner.stop();
      coordinator.close();
    },
  };
}
