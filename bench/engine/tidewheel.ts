/** Runs a job as anybody does: `tidewheel run`, a process of its own that starts cold. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureChild, type Usage } from '../measure/process-tree.js';

const CLI = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

export interface TidewheelRun {
  /** The job file's text, and its ending. */
  readonly job: string;
  readonly ending: 'sql' | 'yaml';
  readonly slots: number;
  /** Folder for CPU profiles of all threads. */
  readonly profileInto?: string;
  /** Gets what the job prints. */
  readonly onOutput?: (text: string) => void;
}

/** The job could not be run. The message is what it said. */
export class TidewheelRunError extends Error {}

/** Runs a job to its end, its state in a folder that is removed. */
export async function runTidewheel(run: TidewheelRun): Promise<Usage> {
  const dir = await mkdtemp(join(tmpdir(), 'tidewheel-bench-'));
  try {
    const file = join(dir, `job.${run.ending}`);
    await writeFile(file, run.job);
    const profile = run.profileInto ? ['--cpu-prof', `--cpu-prof-dir=${run.profileInto}`] : [];
    const args = [...profile, CLI, 'run', file, '--parallelism', String(run.slots), '--state-dir', join(dir, 'state')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => run.onOutput?.(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
    });
    const usage = await measureChild(child);
    if (usage.code !== 0)
      throw new TidewheelRunError(errors.replaceAll(`${file}:`, '').trim() || `exit code ${usage.code}`);
    return usage;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Settings that both engines share, as the head of a script. */
export const CHECKPOINT_EVERY_SECOND =
  "SET 'execution.checkpointing.interval' = '1s';\nSET 'execution.checkpointing.mode' = 'EXACTLY_ONCE';\n";

/** State as Flink with RocksDB has it, as the head of a script. */
export const STATE_ON_DISK = "SET 'state.backend.type' = 'rocksdb';\n";
