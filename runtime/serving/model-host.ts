/**
 * The versions that a server holds. A version is loaded beside the others, answers its golden rows, is warmed up, and only then
 * takes requests. One that fails stays in the list with the reason, and never takes one.
 */
import { type ErrorMessage, formatError, isErrorMessage, type ModelProcessing } from '../../api/index.js';
import {
  compareVersions,
  type LoadedModel,
  type ModelBackend,
  type ModelFormat,
  type ModelRegistry,
  type OpenOptions,
  withProcessing,
} from '../model/index.js';
import type { Logger } from '../source/contract.js';
import type { Batching } from './batcher.js';
import { notFound, notReady } from './protocol-error.js';
import { ServedVersion } from './served-version.js';
import { ServingMetrics } from './serving-metrics.js';
import { warmUp } from './warm-up.js';

export interface HostOptions {
  readonly registry: Pick<ModelRegistry, 'open' | 'promoted'>;
  readonly log: Logger;
  readonly batching?: Partial<Batching>;
  /** Requests that may wait for a version (default 1024); more are refused with 503. */
  readonly maxQueue?: number;
  readonly open?: OpenOptions;
  /** Steps around every model. */
  readonly processing?: ModelProcessing;
  /** How long an unloaded version may take to answer what was begun (default 30 s). */
  readonly unloadPatienceMs?: number;
}

export type VersionState = 'Loading' | 'Ready' | 'Failed' | 'Unloading';

/** What is known of a version. */
export interface VersionReport {
  readonly name: string;
  readonly version: string;
  readonly state: VersionState;
  /** Why it failed. */
  readonly reason?: string;
  readonly format?: ModelFormat;
  readonly backend?: ModelBackend;
  readonly isDefault: boolean;
}

interface Entry {
  state: VersionState;
  reason?: string;
  served?: ServedVersion;
  loading?: Promise<ServedVersion>;
}

const DEFAULT_BATCHING: Batching = { maxRows: 32, maxWaitMs: 2 };

export class ModelHost {
  readonly metrics = new ServingMetrics();
  private readonly models = new Map<string, Map<string, Entry>>();
  private readonly defaults = new Map<string, string>();
  private readonly batching: Batching;

  constructor(private readonly options: HostOptions) {
    this.batching = { ...DEFAULT_BATCHING, ...options.batching };
    this.metrics.watch(this);
  }

  /**
   * Loads a version and makes it the default of its model where there is none, or where `makeDefault` says so. A version that is
   * there already is not loaded again. Throws what the registry throws; the version is then Failed.
   */
  async load(name: string, version: string, options: { readonly makeDefault?: boolean } = {}): Promise<void> {
    const entries = this.models.get(name) ?? new Map<string, Entry>();
    this.models.set(name, entries);
    let entry = entries.get(version);
    if (!entry || entry.state === 'Failed' || entry.state === 'Unloading') {
      entry = { state: 'Loading' };
      entries.set(version, entry);
      entry.loading = this.open(name, version, entry);
    }
    await entry.loading;
    if (options.makeDefault || !this.defaults.has(name)) this.defaults.set(name, version);
  }

  private async open(name: string, version: string, entry: Entry): Promise<ServedVersion> {
    const { registry, log } = this.options;
    const started = performance.now();
    let model: LoadedModel | undefined;
    try {
      model = await registry.open(name, version, this.options.open);
      if (this.options.processing) model = withProcessing(model, this.options.processing);
      await warmUp(model, this.batching.maxRows);
    } catch (error) {
      await model?.close();
      entry.state = 'Failed';
      entry.reason = reasonOf(error);
      this.metrics.loadFailures.inc({ model: name, version });
      log.error({ model: name, version, reason: entry.reason }, `version ${version} of ${name} is not served`);
      throw error;
    }
    const { maxQueue = 1024 } = this.options;
    entry.served = new ServedVersion(name, version, model, this.batching, maxQueue, this.metrics);
    entry.state = 'Ready';
    const tookMs = Math.round(performance.now() - started);
    log.info(
      { model: name, version, format: model.format, backend: model.backend, tookMs },
      `${name}/${version} is ready`,
    );
    return entry.served;
  }

  /** Answers what was begun, then frees it. Without `version`: all of the model. Throws ProtocolError 404. */
  async unload(name: string, version?: string): Promise<void> {
    const entries = this.models.get(name);
    if (!entries || (version !== undefined && !entries.has(version))) throw this.missing(name, version);
    const leaving = version === undefined ? [...entries.keys()] : [version];
    await Promise.all(
      leaving.map(async (each) => {
        const entry = entries.get(each) as Entry;
        if (this.defaults.get(name) === each) this.defaults.delete(name);
        entry.state = 'Unloading';
        await entry.loading?.catch(() => undefined);
        await entry.served?.unload(this.options.unloadPatienceMs ?? 30_000);
        if (entries.get(each) === entry) entries.delete(each);
        this.options.log.info({ model: name, version: each }, `${name}/${each} is unloaded`);
      }),
    );
    if (entries.size === 0) this.models.delete(name);
  }

  /** The version to ask; without `version` the default. Throws ProtocolError 404, or 503 while it is not ready. */
  find(name: string, version?: string): ServedVersion {
    const wanted = version ?? this.defaults.get(name);
    const entry = wanted === undefined ? undefined : this.models.get(name)?.get(wanted);
    if (entry?.state === 'Ready') return entry.served as ServedVersion;
    if (entry) throw notReady(describe(name, wanted as string, entry));
    const others = this.models.get(name);
    if (version === undefined && others) {
      throw notReady([...others].map(([each, other]) => describe(name, each, other)).join('; '));
    }
    throw this.missing(name, version);
  }

  private missing(name: string, version: string | undefined): Error {
    const entries = this.models.get(name);
    if (!entries) return notFound(`there is no model '${name}' here`);
    return notFound(`model '${name}' has no version '${version}' here, but ${[...entries.keys()].join(', ')}`);
  }

  has(name: string): boolean {
    return this.models.has(name);
  }

  defaultVersion(name: string): string | undefined {
    return this.defaults.get(name);
  }

  /** Versions that take requests. */
  ready(): ServedVersion[] {
    return this.entries().flatMap(({ entry }) => (entry.state === 'Ready' && entry.served ? [entry.served] : []));
  }

  versions(): VersionReport[] {
    return this.entries().map(({ name, version, entry }) => ({
      name,
      version,
      state: entry.state,
      ...(entry.reason ? { reason: entry.reason } : {}),
      ...(entry.served ? { format: entry.served.model.format, backend: entry.served.model.backend } : {}),
      isDefault: this.defaults.get(name) === version,
    }));
  }

  /** Whether each model has a default version that is ready, and there is a model at all. */
  isReady(): boolean {
    if (this.models.size === 0) return false;
    return [...this.models].every(([name, entries]) => entries.get(this.defaults.get(name) ?? '')?.state === 'Ready');
  }

  private entries(): { name: string; version: string; entry: Entry }[] {
    return [...this.models].flatMap(([name, entries]) =>
      [...entries].sort(([a], [b]) => compareVersions(a, b)).map(([version, entry]) => ({ name, version, entry })),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.models.keys()].map((name) => this.unload(name)));
  }
}

function describe(name: string, version: string, { state, reason }: Entry): string {
  return `version '${version}' of model '${name}' is ${state}${reason ? `: ${reason}` : ''}`;
}

function reasonOf(error: unknown): string {
  return isErrorMessage(error) ? formatError(error as ErrorMessage) : ((error as Error)?.message ?? String(error));
}
