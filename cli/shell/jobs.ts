/** The jobs of a session: SHOW JOBS, DESCRIBE JOB, STOP JOB [WITH SAVEPOINT], and those in the background that a script waits for. */
import { TidewheelError } from '../../api/index.js';
import type { JobState } from '../../runtime/coordinator/contract.js';
import type { Manifest } from '../../runtime/snapshot/manifest.js';
import type { DescribeJob, Show, StopJob } from '../../runtime/sql/ast/index.js';
import type { RunningJob } from './engine.js';

export interface SessionJob {
  readonly id: string;
  readonly name: string;
  readonly startedMs: number;
  readonly job: Pick<RunningJob, 'ended' | 'cancel'>;
  /** Where its savepoints outlast the session: the folder of its own; undefined where state goes with the job. */
  readonly stateFolder?: string;
  state(): JobState;
  stop(savepoint?: string, drain?: boolean): Promise<Manifest | undefined>;
}

export interface Listing {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Words of Flink's. */
const STATUS: Readonly<Record<JobState, string>> = {
  starting: 'INITIALIZING',
  deploying: 'CREATED',
  running: 'RUNNING',
  stopping: 'RUNNING',
  restarting: 'RESTARTING',
  finished: 'FINISHED',
  stopped: 'FINISHED',
  cancelled: 'CANCELED',
  failed: 'FAILED',
} as Readonly<Record<JobState, string>>;

const COLUMNS = ['job id', 'job name', 'status', 'start time'];

export class SessionJobs {
  private readonly jobs = new Map<string, SessionJob>();
  private readonly background = new Set<SessionJob>();
  private savepoints = 0;

  add(job: SessionJob): void {
    this.jobs.set(job.id, job);
  }

  /** The statement that started it doesn't wait for its end; whoever ends the session does. */
  toBackground(id: string): void {
    const job = this.jobs.get(id)!;
    this.background.add(job);
    const over = () => this.background.delete(job);
    job.job.ended.then(over, over);
  }

  /** Jobs in the background that aren't over. */
  get running(): readonly SessionJob[] {
    return [...this.background];
  }

  /** Answers SHOW JOBS and the like. Throws TW8002 for an id that isn't known, and when a savepoint can't be kept. */
  async answer(statement: Show | DescribeJob | StopJob): Promise<Listing> {
    if (statement.kind === 'Show') return { columns: COLUMNS, rows: [...this.jobs.values()].map(rowOf) };
    const job = this.jobs.get(statement.id);
    if (!job) {
      throw new TidewheelError('TW8001', `no job '${statement.id}' was started here`, { hint: 'SHOW JOBS lists them' });
    }
    if (statement.kind === 'DescribeJob') return { columns: COLUMNS, rows: [rowOf(job)] };
    if (!statement.savepoint) {
      job.job.cancel();
      await job.job.ended.catch(() => {});
      return { columns: ['result'], rows: [['OK']] };
    }
    if (job.stateFolder === undefined) {
      throw new TidewheelError('TW8001', 'the savepoint has no place to stay', {
        hint: "SET 'execution.checkpointing.savepoint-dir' = '/a/folder' before the job is started",
      });
    }
    const name = `savepoint-${job.id.slice(0, 6)}-${++this.savepoints}`;
    await job.stop(name, statement.drain);
    await job.job.ended;
    return { columns: ['savepoint path'], rows: [[`${job.stateFolder}/savepoints/${name}.json`]] };
  }
}

function rowOf({ id, name, startedMs, state }: SessionJob): string[] {
  return [id, name, STATUS[state()] ?? state().toUpperCase(), new Date(startedMs).toISOString()];
}
