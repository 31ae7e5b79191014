/**
 * A model in the runner, followed from version to version.
 *
 * Which version is asked changes only at a barrier, for all subtasks at the same one: the coordinator sees that another version was
 * promoted, has every subtask load it beside the one in use (`prepare`), and sends the change with the next barrier. The version in
 * use is in the snapshot, so that rows after the barrier are scored by the same version again when they are replayed.
 */
import { createHash } from 'node:crypto';
import { TidewheelError } from '../../../api/errors.js';
import type { ScoreSpec } from '../../graph/model-steps.js';
import type { LoadedModel } from '../../model/contract.js';
import type { Row } from '../../record/types.js';
import type { Json } from '../../source/contract.js';
import type { TransformContext } from '../contract.js';
import { type Answers, type LoadedVersion, loadVersion, withoutAnswer } from './loaded-version.js';
import type { Scorer } from './scorer.js';

/** Names the version to ask: in a barrier, in a snapshot, and where a deployment starts. */
export interface VersionChange {
  readonly version: string;
}

/** Operator state. Of another model (the job was changed), it says nothing. */
export interface ModelSnapshot extends VersionChange {
  readonly model: string;
}

interface Opened {
  readonly model: LoadedModel;
  readonly digest: string;
  /** It was in use before, and has answered its golden rows. */
  readonly isKnown: boolean;
}

const DEFAULT_BATCH_ROWS = 1024;
const TURN_MS = 10;

export class EmbeddedModel implements Scorer {
  readonly batchRows: number;
  readonly maxCalls: number;
  /** undefined: nothing is promoted yet, and rows go on without an answer. */
  private current: LoadedVersion | undefined;
  private readonly unanswered: Answers;
  private next: LoadedVersion | undefined;

  constructor(
    private readonly ctx: TransformContext,
    private readonly spec: ScoreSpec,
  ) {
    this.batchRows = Number(spec.options['batch-rows'] ?? DEFAULT_BATCH_ROWS);
    this.maxCalls = Number(spec.options['max-concurrent-operations'] ?? 2);
    this.unanswered = withoutAnswer(spec, ctx.node.schema);
  }

  async open(): Promise<void> {
    const version = await this.firstVersion();
    if (version === null) {
      this.ctx.log.warn({ model: this.name }, 'no version is promoted: rows go on without an answer');
      return;
    }
    this.current = await this.load(version);
    this.ctx.log.info(
      { model: this.name, version: this.current.version, backend: this.current.model.backend },
      'model is loaded',
    );
  }

  private get name(): string {
    return this.spec.options.path ?? this.spec.options.name;
  }

  /** The snapshot's, the one given with the deployment, the fixed one, the promoted one; undefined where a path names the model; null: there is none yet. */
  private async firstVersion(): Promise<string | undefined | null> {
    const { options } = this.spec;
    if (options.path !== undefined) return undefined;
    if (options.version !== undefined) return options.version;
    const [restored] = this.ctx.restoredOperator as unknown as readonly ModelSnapshot[];
    const given =
      restored?.model === options.name ? restored : (this.ctx.initial as unknown as VersionChange | undefined);
    if (given) return given.version;
    const registry = await this.ctx.models.registry(options);
    const promoted = await registry.promoted(options.name);
    if (promoted) return promoted.version;
    if (options['when-missing'] === 'null') return null;
    throw new TidewheelError('TW7403', `no version of model '${options.name}' is promoted`, {
      hint: `Push one and promote it: tidewheel model push FILE --name ${options.name} --promote`,
    });
  }

  private async load(version: string | undefined): Promise<LoadedVersion> {
    const { model, digest, isKnown } = version === undefined ? await this.fromPath() : await this.fromRegistry(version);
    const name = version ?? digest.slice(0, 12);
    try {
      await this.turn();
      // One that has run before is warm.
      const warm = isKnown ? 0 : this.batchRows;
      const loaded = await loadVersion(name, model, this.spec, this.ctx.node.schema, warm);
      return { ...loaded, digest };
    } catch (error) {
      await model.close();
      throw error;
    }
  }

  private async fromPath(): Promise<Opened> {
    const { options } = this.spec;
    const files = await this.ctx.models.files(options.path);
    const hash = createHash('sha256');
    for (const bytes of files.values()) hash.update(bytes);
    const digest = hash.digest('hex');
    const idle = this.ctx.models.idle?.take(digest);
    if (idle) return { model: idle, digest, isKnown: true };
    const { openModel } = await this.ctx.models.library();
    const model = await openModel(files, options.format ? { format: options.format as LoadedModel['format'] } : {});
    return { model, digest, isKnown: false };
  }

  /** As the registry opens it; the rows of the version in use go on between the steps. */
  private async fromRegistry(version: string): Promise<Opened> {
    const { name } = this.spec.options;
    const registry = await this.ctx.models.registry(this.spec.options);
    const { openModel, checkGolden } = await this.ctx.models.library();
    const manifest = await registry.manifest(name, version);
    const digest = `${manifest.digest} ${manifest.golden?.sha256 ?? ''}`;
    const idle = this.ctx.models.idle?.take(digest);
    if (idle) return { model: idle, digest, isKnown: true };
    const files = await registry.files(name, version);
    await this.turn();
    const model = await openModel(files, { format: manifest.format, turn: () => this.turn() });
    try {
      await this.turn();
      if (manifest.golden) await checkGolden(model, await registry.golden(name, version), manifest.golden.tolerance);
    } catch (error) {
      await model.close();
      throw error;
    }
    return { model, digest, isKnown: false };
  }

  /** Lets the slot work off what has come meanwhile, before the next step of loading takes its thread for a while. */
  private turn(): Promise<void> {
    return this.current ? new Promise((resolve) => setTimeout(resolve, TURN_MS)) : Promise.resolve();
  }

  score(rows: readonly Row[]): Answers | Promise<Answers> {
    return this.current ? this.current.score(rows) : this.unanswered;
  }

  /** Loads a version beside the one in use. Rejects when it can't be used. */
  async prepare(change: Json): Promise<void> {
    const { version } = change as unknown as VersionChange;
    if (version === this.current?.version || version === this.next?.version) return;
    const loaded = await this.load(version);
    await this.next?.model.close();
    this.next = loaded;
  }

  /** At a barrier, nothing under way: the rows behind it are the other version's. */
  change(change: Json): void {
    const { version } = change as unknown as VersionChange;
    if (version === this.current?.version) return;
    if (!this.next || version !== this.next.version) {
      throw new TidewheelError('TW7403', `version ${version} of model '${this.name}' is asked for but not loaded`, {
        retryable: true,
      });
    }
    const before = this.current;
    this.current = this.next;
    this.next = undefined;
    this.ctx.log.info(
      { model: this.name, from: before?.version ?? null, to: version },
      'model version changed at a barrier',
    );
    // Frees memory; the pause at the barrier need not wait for it.
    setImmediate(() => void before?.model.close());
  }

  snapshot(): Json | undefined {
    return this.spec.options.path === undefined && this.current
      ? { model: this.name, version: this.current.version }
      : undefined;
  }

  async close(): Promise<void> {
    const left = [this.current, this.next].filter((each) => each !== undefined);
    this.current = this.next = undefined;
    // The next deployment may want them again.
    await Promise.all(left.map(({ model, digest }) => this.ctx.models.idle?.give(digest!, model) ?? model.close()));
  }
}
