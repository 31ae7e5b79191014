/**
 * The audit log: one line for each change that the operator makes, with what it was for. Lines carry no values that could be
 * secret: numbers, switches and images are shown, of everything else only that it changed.
 *
 * ```json
 * {"level":30,"audit":true,"verb":"apply","kind":"StatefulSet","namespace":"default","name":"ids-runner","for":"StreamJob
 *  default/ids","generation":4,"fieldManager":"tidewheel-operator","diff":["spec.replicas: 1 → 3"],"outcome":"ok","msg":"audit"}
 * ```
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { toErrorMessage } from '../../api/index.js';
import type { Logger } from '../../runtime/source/contract.js';
import { diffOf, leavesOf, parseLeaves, showLeaves } from './audit-diff.js';

/** What the work that is going on is for. */
export interface Cause {
  /** E.g. `StreamJob default/ids`. */
  readonly resource: string;
  readonly generation?: number;
}

export interface Write {
  readonly verb: 'apply' | 'create' | 'replace' | 'patch' | 'delete';
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly subresource?: string;
  readonly fieldManager?: string;
  /** What was sent; undefined for a deletion. */
  readonly sent?: object;
  readonly error?: unknown;
}

/** They tell of changes or keep the lead, and change nothing that runs. */
const SILENT = new Set(['Event', 'Lease']);
/** Objects whose last version is remembered, to say what changed. Beyond that the oldest are forgotten. */
const REMEMBERED = 1000;

export class Audit {
  private readonly causes = new AsyncLocalStorage<Cause>();
  /** Each as one string: as maps they would take tens of MiB. */
  private readonly known = new Map<string, string>();

  constructor(private readonly log: Logger) {}

  /** Lines written during `work` say that they are for this. */
  during<T>(cause: Cause, work: () => Promise<T>): Promise<T> {
    return this.causes.run(cause, work);
  }

  /** Status writes and writes that changed nothing are no changes. */
  wrote(write: Write): void {
    const { verb, kind, namespace, name, subresource, fieldManager, sent, error } = write;
    if (SILENT.has(kind) || subresource === 'status') return;
    const key = `${kind}/${namespace}/${name}`;
    let diff: readonly string[] | undefined;
    if (verb === 'delete') this.known.delete(key);
    else if (sent && error === undefined) {
      const leaves = leavesOf(kind, sent);
      const before = verb === 'patch' ? '' : this.known.get(key);
      diff = before === undefined ? undefined : diffOf(parseLeaves(before), leaves);
      if (diff?.length === 0) return;
      if (verb !== 'patch') this.remember(key, showLeaves(leaves));
    }
    const about = { verb, kind, namespace, name, fieldManager, ...(diff ? { diff } : {}) };
    this.line(about, error);
  }

  /** A request to a job's coordinator that changes something. */
  asked(job: string, path: string, body: object | undefined, error?: unknown): void {
    // A job's file may hold what nobody else should read.
    const { file, ...request } = (body ?? {}) as { file?: unknown };
    const shown = body ? { request: file === undefined ? request : { ...request, file: 'changed' } } : {};
    this.line({ verb: 'ask', kind: 'Coordinator', name: job, path, ...shown }, error);
  }

  private line(about: object, error: unknown): void {
    const cause = this.causes.getStore();
    const outcome = error === undefined ? 'ok' : toErrorMessage(error).code;
    const generation = cause?.generation === undefined ? {} : { generation: cause.generation };
    this.log.info(
      { audit: true, ...about, ...(cause ? { for: cause.resource } : {}), ...generation, outcome },
      'audit',
    );
  }

  private remember(key: string, leaves: string): void {
    this.known.delete(key);
    this.known.set(key, leaves);
    if (this.known.size <= REMEMBERED) return;
    const [oldest] = this.known.keys();
    this.known.delete(oldest);
  }
}
