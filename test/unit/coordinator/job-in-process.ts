/** A job whose coordinators, one after the other or at once, and whose one runner are in the test's process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Coordinator } from '../../../runtime/coordinator/coordinator.js';
import { coordinatorOptions } from '../../../runtime/coordinator/from-job.js';
import { loadJob } from '../../../runtime/job/index.js';
import { type CoordinatorMessage, linkPair, type RunnerMessage } from '../../../runtime/task/control.js';
import { registry } from '../../../runtime/worker/registry.js';
import { Runner } from '../../../runtime/worker/runner.js';

const log = pino({ level: 'silent' });

export class JobInProcess {
  private readonly dir = mkdtempSync(join(tmpdir(), 'tidewheel-job-'));

  /** `query`: reads `numbers`, ids from 1 on, 500 a second, and writes to a table of the columns `into`, where nothing is kept. */
  constructor(checkpointEvery: string, into: string, query: string) {
    const job = `apiVersion: tidewheel.dev/v1alpha1
kind: StreamJob
metadata: { name: numbers }
spec:
  checkpoint: { interval: ${checkpointEvery} }
  sql: |
    CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000');
    CREATE TABLE nowhere (${into}) WITH ('connector' = 'blackhole');
    INSERT INTO nowhere ${query};
`;
    writeFileSync(join(this.dir, 'job.yaml'), job);
  }

  async coordinator(): Promise<Coordinator> {
    const options = await coordinatorOptions(await loadJob(join(this.dir, 'job.yaml')), {
      registry,
      resolve: (text) => text,
      log,
      expectedRunners: 1,
      defaultStateDir: this.dir,
      startAgainWhenFinished: true,
    });
    return Coordinator.create(options);
  }

  /** A runner that finds whoever leads when it looks; `ended` resolves with the reason when it has ended. */
  startRunner(leader: () => Coordinator): { readonly runner: Runner; readonly ended: Promise<string> } {
    const runner = new Runner({
      id: 'runner-0',
      job: 'numbers',
      bindHost: '127.0.0.1',
      host: '127.0.0.1',
      inProcess: true,
      log,
      connect: async () => {
        const [mine, theirs] = linkPair<CoordinatorMessage, RunnerMessage>();
        leader().runners.accept(theirs);
        return mine;
      },
    });
    return { runner, ended: runner.run() };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
