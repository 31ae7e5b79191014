/** What the operator asks of a job's coordinator, over its REST API. */
import { type StreamJob, TidewheelError } from '../api/index.js';
import type { JobState } from '../runtime/coordinator/contract.js';
import type { StepView } from '../runtime/coordinator/job-progress.js';
import { httpCall } from './http-call.js';
import type { KubeClient } from './kube/client.js';
import { HTTP_PORT, namesOf } from './resources/names.js';

export interface CoordinatorView {
  readonly name: string;
  readonly state: JobState;
  readonly parallelism: number;
  /** Deployments of tasks so far; counters begin anew with each. */
  readonly attempt?: number;
  readonly epoch: number;
  readonly restarts: number;
  readonly startedAtMs: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly lag: number;
  readonly runners: number;
  /** What a source or sink can't go on without, in words. */
  readonly waitingFor?: string;
  readonly lastCheckpoint?: {
    readonly id: number;
    readonly atMs: number;
    readonly stateBytes?: number;
    readonly uploadedBytes?: number;
    readonly durationMs?: number;
  };
  readonly lastSavepoint?: { readonly id: number; readonly location: string; readonly atMs: number };
  /** The coordinator can't reach its store, in words. */
  readonly storeTrouble?: string;
  /** In a row, up to now. */
  readonly checkpointFailures?: { readonly count: number; readonly reason?: string };
  /** While tasks are being deployed with state. */
  readonly restore?: {
    readonly slots: number;
    readonly slotsReady: number;
    readonly restoredBytes: number;
    readonly stateBytes: number;
  };
  readonly steps?: readonly StepView[];
  readonly lastRescale?: {
    readonly from: number;
    readonly to: number;
    readonly pauseMs: number;
    readonly movedGroups: number;
  };
  /** The file that it went on with in place, since it was started. */
  readonly upgrade?: { readonly id?: string; readonly location?: string; readonly pauseMs?: number };
  readonly exception?: {
    readonly atMs: number;
    readonly message: string;
    readonly code?: string;
    readonly runner?: string;
  };
}

export interface SavepointAnswer {
  readonly name: string;
  readonly location: string;
  readonly checkpoint: number;
  readonly bytes?: number;
  readonly durationMs?: number;
}

export type Transport = (
  job: StreamJob,
  method: 'GET' | 'POST',
  path: string,
  body: object | undefined,
  timeoutMs: number,
) => Promise<{ readonly status: number; readonly text: string }>;

const QUICK_MS = 2000;

export class CoordinatorApi {
  /** `onAsked` hears of each request that changes something, and of what became of it. */
  constructor(
    private readonly transport: Transport,
    private readonly onAsked: (
      job: StreamJob,
      path: string,
      body: object | undefined,
      error?: unknown,
    ) => void = () => {},
  ) {}

  view(job: StreamJob): Promise<CoordinatorView> {
    return this.call(job, 'GET', '/api/v1/job', undefined, QUICK_MS);
  }

  /** Ids of the runners that are connected. */
  async runners(job: StreamJob): Promise<string[]> {
    const answer = await this.call<{ runners: { id: string; draining: boolean }[] }>(
      job,
      'GET',
      '/api/v1/runners',
      undefined,
      QUICK_MS,
    );
    return answer.runners.filter((r) => !r.draining).map((r) => r.id);
  }

  rescale(
    job: StreamJob,
    body: { readonly parallelism: number; readonly runners: number; readonly release: readonly string[] },
    timeoutMs: number,
  ): Promise<{ pauseMs: number; from: number; to: number; movedGroups: number }> {
    return this.call(job, 'POST', '/api/v1/job/rescale', body, timeoutMs);
  }

  /** Goes on with a changed job file, without new pods. Rejects while the job goes on as it was. No `location`: nothing was changed. */
  upgrade(
    job: StreamJob,
    body: { readonly file: object; readonly savepoint: string; readonly id: string },
    timeoutMs: number,
  ): Promise<{ location?: string; checkpoint?: number; pauseMs?: number }> {
    return this.call(job, 'POST', '/api/v1/job/upgrade', body, timeoutMs);
  }

  stop(
    job: StreamJob,
    savepoint: string | undefined,
    timeoutMs: number,
  ): Promise<{ location?: string; checkpoint?: number }> {
    return this.call(job, 'POST', '/api/v1/job/stop', savepoint === undefined ? {} : { savepoint }, timeoutMs);
  }

  /** A savepoint of that name that is there already is the answer: asking again after a restart of the operator is harmless. */
  savepoint(job: StreamJob, name: string, timeoutMs: number): Promise<SavepointAnswer> {
    return this.call(job, 'POST', '/api/v1/job/savepoints', { name, once: true }, timeoutMs);
  }

  async deleteSavepoint(job: StreamJob, location: string): Promise<void> {
    await this.call(job, 'POST', '/api/v1/job/savepoints/delete', { location }, 20_000);
  }

  /** Of a job that is over. */
  async deleteState(job: StreamJob, keep: string | undefined, timeoutMs: number): Promise<void> {
    await this.call(job, 'POST', '/api/v1/job/state/delete', keep === undefined ? {} : { keep }, timeoutMs);
  }

  async cancel(job: StreamJob, timeoutMs: number): Promise<void> {
    await this.call(job, 'POST', '/api/v1/job/cancel', {}, timeoutMs);
  }

  /** Rejects with TW6005 when nobody answers, with TW8003 when the coordinator refuses. */
  async call<T>(
    job: StreamJob,
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    timeoutMs: number,
  ): Promise<T> {
    if (method === 'GET') return this.ask(job, method, path, body, timeoutMs);
    try {
      const answer = await this.ask<T>(job, method, path, body, timeoutMs);
      this.onAsked(job, path, body);
      return answer;
    } catch (error) {
      this.onAsked(job, path, body, error);
      throw error;
    }
  }

  private async ask<T>(
    job: StreamJob,
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    timeoutMs: number,
  ): Promise<T> {
    let answer: { status: number; text: string };
    try {
      answer = await this.transport(job, method, path, body, timeoutMs);
    } catch (cause) {
      throw new TidewheelError('TW6005', `the coordinator does not answer: ${(cause as Error).message}`, { cause });
    }
    let value: T & { message?: string };
    try {
      value = JSON.parse(answer.text);
    } catch (cause) {
      throw new TidewheelError('TW6005', `the coordinator does not answer (${answer.status})`, { cause });
    }
    // The API server's proxy speaks of itself with 502 and 503, and in its own form.
    if (answer.status >= 500 || (value as { kind?: string }).kind === 'Status') {
      throw new TidewheelError('TW6005', `the coordinator does not answer (${answer.status})`);
    }
    if (answer.status >= 300) throw new TidewheelError('TW8003', value.message ?? `it answered ${answer.status}`);
    return value;
  }
}

/** Straight to the coordinator's Service: from within the cluster. */
export const inCluster: Transport = (job, method, path, body, timeoutMs) =>
  httpCall({ host: namesOf(job).coordinatorHost, port: HTTP_PORT, method, path, body, timeoutMs });

/** Through the API server: from anywhere that kubectl works. */
export function throughApiServer(client: KubeClient): Transport {
  return (job, method, path, body, timeoutMs) => {
    const service = `/api/v1/namespaces/${job.metadata.namespace}/services/http:${namesOf(job).coordinator}:http/proxy`;
    return client.raw(method, service + path, body, timeoutMs);
  };
}
