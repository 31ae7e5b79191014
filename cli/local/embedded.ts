/** A job in this one process: coordinator and one runner joined in memory. Starts fastest; what `tidewheel run` does by default. */
import { rm } from 'node:fs/promises';
import { Coordinator } from '../../runtime/coordinator/coordinator.js';
import { coordinatorOptions } from '../../runtime/coordinator/from-job.js';
import { type JobDefinition, referenceResolver } from '../../runtime/job/index.js';
import type { Logger } from '../../runtime/source/contract.js';
import { type CoordinatorMessage, linkPair, type RunnerMessage } from '../../runtime/task/control.js';
import type { Clock } from '../../runtime/time/clock.js';
import { registry } from '../../runtime/worker/registry.js';
import { Runner } from '../../runtime/worker/runner.js';
import { addressFile, writeAddress } from './api-client.js';

const API_AFTER_MS = 300;

export interface LocalRun {
  readonly coordinator: Coordinator;
  close(): Promise<void>;
}

export async function runEmbedded(
  job: JobDefinition,
  options: {
    log: Logger;
    stateDir: string;
    env: NodeJS.ProcessEnv;
    restoreFrom?: string;
    httpPort?: number;
    clock?: Clock;
    /** Rows are for this process: the first slot is in it, at any parallelism. */
    inProcess?: boolean;
    /** No REST API and no file that tells of the job. */
    quiet?: boolean;
  },
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
      startAgainWhenFinished: true,
    }),
  );
  const runner = new Runner({
    id: 'local-0',
    job: job.name,
    bindHost: '127.0.0.1',
    host: '127.0.0.1',
    // With one slot nothing is gained by a thread, and its start is lost.
    inProcess: options.inProcess ?? job.spec.parallelism === 1,
    clock: options.clock,
    log: options.log,
    connect: async () => {
      const [mine, theirs] = linkPair<CoordinatorMessage, RunnerMessage>();
      coordinator.runners.accept(theirs);
      return mine;
    },
  });
  coordinator.start();
  void runner.run();
  // Jobs that are over in a moment don't pay for a server.
  let api: Promise<{ close(): Promise<void> }> | undefined;
  const file = addressFile(options.stateDir, job.name);
  const serve = async () => {
    const { serveCoordinator } = await import('../../runtime/coordinator/server.js');
    const ports = await serveCoordinator(coordinator, {
      host: '127.0.0.1',
      controlPort: 0,
      httpPort: options.httpPort ?? 0,
    });
    await writeAddress(file, { host: '127.0.0.1', ...ports, pid: process.pid });
    return ports;
  };
  const timer = setTimeout(() => {
    if (options.quiet) return;
    api = serve();
    api.catch((error) => options.log.error({ err: error }, 'the REST API could not be started'));
  }, API_AFTER_MS);
  return {
    coordinator,
    close: async () => {
      clearTimeout(timer);
      // The job may be over while the server is only starting: it is closed all the same.
      const server = await api?.catch(() => undefined);
      await server?.close();
      if (api) await rm(file, { force: true });
      await runner.stop();
      coordinator.close();
    },
  };
}
