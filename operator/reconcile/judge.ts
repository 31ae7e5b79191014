/** Whether a spec can run, and what would become of the state: said before anything is touched. Runs no user code. */
import type { StreamJob, StreamJobSpec, StreamJobStatus } from '../../api/index.js';
import { toErrorMessage } from '../../api/index.js';
import { comparePlans, type NodeVerdict } from '../../runtime/graph/verdict.js';
import { defineJob, InvalidJobError, type JobDefinition, placesOfObject } from '../../runtime/job/index.js';
import { jobFile } from '../resources/deployed.js';
import { scheduleProblem } from './savepoint-schedule.js';

export interface Judgement {
  readonly ok: boolean;
  /** Why not, in words that name the field. */
  readonly message?: string;
  readonly code?: string;
  readonly plan: NonNullable<StreamJobStatus['plan']>;
}

const VERDICTS = { 'carried over': 'carried', new: 'new', dropped: 'dropped', incompatible: 'incompatible' } as const;

/** `running`: the spec whose state is to be carried over; undefined when there is none. */
export async function judge(
  job: StreamJob,
  next: StreamJobSpec,
  running: StreamJobSpec | undefined,
): Promise<Judgement> {
  let planned: JobDefinition;
  try {
    planned = await define(job, next);
  } catch (error) {
    const { code } = toErrorMessage(error);
    return { ok: false, code, message: shortly(error), plan: [] };
  }
  const schedule = scheduleProblem(next.savepoint.schedule);
  if (schedule !== undefined) return { ok: false, code: 'TW1005', message: schedule, plan: [] };
  if (next.tls.enabled && next.tls.issuerRef) {
    const message = 'spec.tls.issuerRef is not served yet: leave it out, and the job gets an authority of its own';
    return { ok: false, code: 'TW1005', message, plan: [] };
  }
  if (next.mode !== 'batch' && next.storage === undefined && next.upgradeMode !== 'stateless') {
    const message =
      'spec.storage is missing: on Kubernetes pods share no disk. Name a bucket, or set upgradeMode: stateless';
    return { ok: false, code: 'TW1005', message, plan: [] };
  }
  if (!running || next.upgradeMode === 'stateless') return { ok: true, plan: [] };
  let before: JobDefinition;
  try {
    before = await define(job, running);
  } catch {
    // What runs was made by an older version: the coordinator will say what it can't read.
    return { ok: true, plan: [] };
  }
  const verdicts = comparePlans(before.plan, planned.plan);
  const plan = verdicts.map((v) => ({ node: v.nodeId, verdict: VERDICTS[v.verdict], reason: v.why }));
  const broken = verdicts.filter((v) => v.verdict === 'incompatible');
  if (broken.length > 0) return { ok: false, code: 'TW4004', message: tell("state doesn't fit", broken), plan };
  const dropped = verdicts.filter((v) => v.verdict === 'dropped');
  if (dropped.length > 0 && !next.restore.allowDroppedState) {
    const message = `${tell('state would be dropped', dropped)}; spec.restore.allowDroppedState: true allows it`;
    return { ok: false, code: 'TW4003', message, plan };
  }
  if (running.maxParallelism !== next.maxParallelism) {
    const message = `spec.maxParallelism is fixed while there is state: it is ${running.maxParallelism}`;
    return { ok: false, code: 'TW4004', message, plan };
  }
  return { ok: true, plan };
}

function define(job: StreamJob, spec: StreamJobSpec): Promise<JobDefinition> {
  return defineJob(jobFile(job, spec), placesOfObject(job.metadata.name), '/', {});
}

function tell(what: string, verdicts: readonly NodeVerdict[]): string {
  return `${what}: ${verdicts.map((v) => `${v.name}: ${v.why}`).join('; ')}`;
}

const MAX_MESSAGE = 1500;

function shortly(error: unknown): string {
  const text =
    error instanceof InvalidJobError ? error.problems.map((p) => p.message).join('; ') : toErrorMessage(error).message;
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)} …` : text;
}
