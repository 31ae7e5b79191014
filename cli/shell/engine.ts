/** Statements against one session: what they change, what they show, and the jobs that they start in this process. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillDefaults, type StreamJobSpec, streamJobSpec, TidewheelError, validate } from '../../api/index.js';
import { collectRows } from '../../runtime/connectors/collect/index.js';
import { jobView } from '../../runtime/coordinator/api.js';
import type { Plan } from '../../runtime/graph/plan.js';
import { shippedCatalog } from '../../runtime/job/catalog.js';
import { SPEC_SETTINGS, specOf } from '../../runtime/job/sql-settings.js';
import type { Field, Row, RowKind } from '../../runtime/record/types.js';
import type { Logger } from '../../runtime/source/contract.js';
import type { Statement } from '../../runtime/sql/ast/index.js';
import type { ConnectorInfo, FormatInfo } from '../../runtime/sql/catalog/connectors.js';
import { mentionedIn } from '../../runtime/sql/mentioned.js';
import type { Output } from '../../runtime/sql/plan/relation.js';
import type { Effect } from '../../runtime/sql/session/effect.js';
import { Session } from '../../runtime/sql/session/session.js';
import { runEmbedded } from '../local/embedded.js';
import { SessionJobs } from './jobs.js';
import { limitOf, orderOf, type ShownOrder } from './order-of.js';

export interface EngineOptions {
  readonly mode: 'streaming' | 'batch';
  readonly baseDir: string;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly parallelism?: number;
  readonly warn: (message: string, line: number, column: number) => void;
}

/** A query or an insert that runs. */
export interface RunningJob {
  readonly id: string;
  readonly what: 'insert' | 'select';
  /** Of a SELECT. */
  readonly fields: readonly Field[];
  /** Rows may be updated and deleted. */
  readonly updating: boolean;
  /** It ends by itself. */
  readonly bounded: boolean;
  /** ORDER BY of a SELECT, to show an updating result in. */
  readonly order: readonly ShownOrder[];
  readonly timeZone: string;
  /** Rows that the sinks have taken so far, as far as it is known. */
  rowsOut(): number;
  /** Stops it at once; `ended` resolves. */
  cancel(): void;
  /** Resolves when it is over; rejects with what it failed with. */
  readonly ended: Promise<'finished' | 'cancelled'>;
}

/** Where state outlasts the session, the first one that is set. */
const STATE_FOLDERS = [
  'execution.checkpointing.savepoint-dir',
  'state.savepoints.dir',
  'execution.checkpointing.dir',
  'state.checkpoints.dir',
];

/** Settings that the shell itself understands. */
const SHELL_SETTINGS = new Set([
  'sql-client.execution.result-mode',
  'table.dml-sync',
  'pipeline.name',
  ...STATE_FOLDERS,
]);

interface JobPlace {
  readonly stateDir: string;
  readonly name: string;
  readonly restoreFrom?: string;
  /** It isn't removed with the job. */
  readonly kept: boolean;
}

export class SqlEngine {
  readonly session: Session;
  private readonly connectors: Record<string, ConnectorInfo>;
  private readonly formats: Record<string, FormatInfo> = {};
  private readonly loaded = new Set<string>();
  private ready: Promise<void> | undefined;
  private started = 0;
  readonly jobs = new SessionJobs();

  constructor(private readonly options: EngineOptions) {
    this.connectors = Object.fromEntries(shippedCatalog.connectorNames.map((name) => [name, {}]));
    this.session = new Session({
      mode: options.mode,
      timeZone: 'UTC',
      fixedMode: false,
      known: { connectors: this.connectors, formats: this.formats },
      parallelism: options.parallelism ?? 1,
      warn: (message, at) => {
        const setting = /^setting '(.*)' has no effect$/.exec(message)?.[1];
        if (setting !== undefined && (Object.hasOwn(SPEC_SETTINGS, setting) || SHELL_SETTINGS.has(setting))) return;
        options.warn(message, at.line, at.column);
      },
    });
  }

  /** Applies a statement. Throws a TidewheelError for one that is wrong. */
  async apply(statement: Statement): Promise<Effect> {
    await this.load(statement);
    this.session.expect([statement]);
    return this.session.apply(statement);
  }

  /** Starts what a statement wants run. `onRow` gets a SELECT's rows; they must not be changed. */
  async start(
    what: RunningJob['what'],
    outputs: readonly Output[],
    onRow: (row: Row, kind: RowKind) => void,
  ): Promise<RunningJob> {
    const plan = this.session.plan(outputs);
    const spec = this.spec();
    const result = plan.nodes.find((node) => node.spec.kind === 'sink' && node.spec.connector === 'collect');
    let coordinator: { cancel(): Promise<unknown> } | undefined;
    const id = randomBytes(16).toString('hex');
    const place = await this.placeOf(spec, id);
    const updating = result?.updating ?? false;
    const limit = what === 'select' && !updating ? limitOf(outputs[0].relation) : undefined;
    let rows = 0;
    let enough = false;
    const take = (row: Row, kind: RowKind) => {
      if (enough) return;
      onRow(row, kind);
      if (++rows !== limit) return;
      // Nothing will come that could change these rows.
      enough = true;
      void coordinator?.cancel().catch(() => {});
    };
    const forget = result ? collectRows('default', take) : () => {};
    const job = {
      name: place.name,
      file: 'sql',
      baseDir: this.options.baseDir,
      spec: { ...spec, restore: { ...spec.restore, from: undefined } },
      plan,
      warnings: [],
    };
    const run = await runEmbedded(job, {
      log: this.options.log,
      stateDir: place.stateDir,
      restoreFrom: place.restoreFrom,
      env: this.options.env,
      inProcess: true,
      quiet: true,
    });
    coordinator = run.coordinator;
    const { coordinator: running } = run;
    if (enough) void running.cancel().catch(() => {});
    let rowsOut = 0;
    const ended = running.ended.then(async (state) => {
      rowsOut = Number(jobView(running).rowsOut);
      forget();
      await run.close();
      if (!place.kept) await rm(place.stateDir, { recursive: true, force: true });
      if (state === 'failed') {
        const { message, code, hint } = running.exceptions[0];
        throw Object.assign(new TidewheelError('TW9001', message, { hint }), { code: code ?? 'TW9001' });
      }
      return state === 'cancelled' && !enough ? 'cancelled' : 'finished';
    });
    ended.catch(() => {});
    const cancel = () => void running.cancel().catch(() => {});
    if (what === 'insert') {
      this.jobs.add({
        id,
        name: this.session.settings.written.get('pipeline.name') ?? plan.nodes.find((n) => n.spec.kind === 'sink')!.id,
        startedMs: Date.now(),
        job: { ended, cancel },
        ...(place.kept ? { stateFolder: join(place.stateDir, place.name) } : {}),
        state: () => running.state,
        stop: (savepoint, drain) => running.stop(savepoint, drain),
      });
    }
    return {
      id,
      what,
      fields: result?.schema.fields ?? [],
      updating,
      bounded: isBounded(plan),
      order: what === 'select' ? orderOf(outputs[0].relation) : [],
      timeZone: this.session.settings.timeZone,
      rowsOut: () => (running.isOver ? rowsOut : Number(jobView(running).rowsOut)),
      cancel,
      ended,
    };
  }

  /**
   * Where a job's state is. With a folder set it stays there, in one of the job's own, so that STOP JOB … WITH SAVEPOINT can keep it; a job
   * that begins with a savepoint goes on in the folder of that.
   */
  private async placeOf(spec: StreamJobSpec, id: string): Promise<JobPlace> {
    const { from } = spec.restore;
    if (from !== undefined) {
      const match = /^(.*)\/([^/]+)\/((?:savepoints|checkpoints)\/[^/]+)$/.exec(this.folder(from));
      if (!match) {
        throw new TidewheelError('TW1302', `'${from}' is no path of a savepoint`, {
          hint: 'STOP JOB … WITH SAVEPOINT gives it: …/savepoints/name.json',
        });
      }
      return { stateDir: match[1], name: match[2], restoreFrom: match[3], kept: true };
    }
    const { written } = this.session.settings;
    const set = STATE_FOLDERS.map((key) => written.get(key)).find((value) => value !== undefined);
    if (set !== undefined) return { stateDir: this.folder(set), name: `sql-${id}`, kept: true };
    const stateDir = await mkdtemp(join(tmpdir(), 'tidewheel-sql-'));
    return { stateDir, name: `sql-${process.pid}-${++this.started}`, kept: false };
  }

  private folder(text: string): string {
    return text.startsWith('file:') ? fileURLToPath(text) : resolve(this.options.baseDir, text);
  }

  /** A job's spec from the settings; what they don't say has its default. */
  private spec(): StreamJobSpec {
    const { parallelism } = this.options;
    const written: Record<string, unknown> = {
      ...(parallelism === undefined ? {} : { parallelism }),
      ...specOf(this.session.settings.written),
      mode: this.session.settings.batch ? 'batch' : 'streaming',
      // What fails at the shell is said at once.
      restart: { kind: 'none' },
      sql: '-- statements of the shell',
    };
    const [problem] = validate(streamJobSpec.node, written, ['spec']);
    if (problem) {
      const field = problem.path.slice(1).join('.');
      const [key] = Object.entries(SPEC_SETTINGS).find(([, s]) => s.path.join('.') === field) ?? [field];
      throw new TidewheelError(problem.code, `setting '${key}': ${problem.message}`, { hint: problem.hint });
    }
    return fillDefaults(streamJobSpec.node, written);
  }

  /** Loads the connectors and formats that a statement names; others are known by name only. */
  private async load(statement: Statement): Promise<void> {
    this.ready ??= shippedCatalog.formatNames().then((names) => {
      for (const name of names) this.formats[name] ??= { options: {} };
    });
    await this.ready;
    const { connectors, formats } = mentionedIn([statement]);
    for (const name of connectors) {
      if (this.loaded.has(`connector ${name}`) || !Object.hasOwn(this.connectors, name)) continue;
      this.connectors[name] = (await shippedCatalog.connector(name)) ?? {};
      this.loaded.add(`connector ${name}`);
    }
    for (const name of formats) {
      if (this.loaded.has(`format ${name}`) || !Object.hasOwn(this.formats, name)) continue;
      this.formats[name] = (await shippedCatalog.format(name)) ?? { options: {} };
      this.loaded.add(`format ${name}`);
    }
  }
}

function isBounded(plan: Plan): boolean {
  return plan.nodes.every((node) => node.spec.kind !== 'source' || node.spec.bounded);
}
