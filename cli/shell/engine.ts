/** Statements against one session: what they change, what they show, and the jobs that they start in this process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Settings that the shell itself understands. */
const SHELL_SETTINGS = new Set(['sql-client.execution.result-mode', 'table.dml-sync', 'pipeline.name']);

export class SqlEngine {
  readonly session: Session;
  private readonly connectors: Record<string, ConnectorInfo>;
  private readonly formats: Record<string, FormatInfo> = {};
  private readonly loaded = new Set<string>();
  private ready: Promise<void> | undefined;
  private jobs = 0;

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
    const stateDir = await mkdtemp(join(tmpdir(), 'tidewheel-sql-'));
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
      name: `sql-${process.pid}-${++this.jobs}`,
      file: 'sql',
      baseDir: this.options.baseDir,
      spec,
      plan,
      warnings: [],
    };
    const run = await runEmbedded(job, {
      log: this.options.log,
      stateDir,
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
      await rm(stateDir, { recursive: true, force: true });
      if (state === 'failed') {
        const { message, code, hint } = running.exceptions[0];
        throw Object.assign(new TidewheelError('TW9001', message, { hint }), { code: code ?? 'TW9001' });
      }
      return state === 'cancelled' && !enough ? 'cancelled' : 'finished';
    });
    ended.catch(() => {});
    return {
      what,
      fields: result?.schema.fields ?? [],
      updating,
      bounded: isBounded(plan),
      order: what === 'select' ? orderOf(outputs[0].relation) : [],
      timeZone: this.session.settings.timeZone,
      rowsOut: () => (running.isOver ? rowsOut : Number(jobView(running).rowsOut)),
      cancel: () => void running.cancel().catch(() => {}),
      ended,
    };
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
