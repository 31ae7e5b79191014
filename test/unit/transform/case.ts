/** Cases: tables with their rows, queries over them, and the rows that Flink was left with for each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flinkText } from '../../../runtime/connectors/print/flink-text.js';
import { floatToString } from '../../../runtime/expr/values/number-text.js';
import { bitmapToString } from '../../../runtime/expr/values/roaring.js';
import { formats } from '../../../runtime/formats/index.js';
import type { Plan, PlanNode, SourceSpec } from '../../../runtime/graph/plan.js';
import type { DataType, Row } from '../../../runtime/record/types.js';
import { ROW_KIND_NAMES } from '../../../runtime/record/types.js';
import type { SourceConnector, SplitOutput } from '../../../runtime/source/contract.js';
import { compileSql } from '../../../runtime/sql/compile.js';
import type { StateDisk } from '../../../runtime/state/disk/state-disk.js';
import { SourceInput } from '../../../runtime/task/source-input.js';
import { formatDate, formatTime, formatTimestamp } from '../../../runtime/time/timestamp-text.js';
import { type FlinkChange, type FlinkValue, finalRows } from '../../harness/flink/flink-output.js';
import { type Checkpoint, PlanRun } from './plan-run.js';

export interface CaseFile {
  /** CREATE TABLE and CREATE VIEW; a table's path is its name. */
  readonly tables: string;
  readonly inputs: Readonly<Record<string, readonly unknown[]>>;
  readonly queries: readonly Query[];
}

export interface Query {
  readonly name: string;
  readonly sql: string;
  readonly mode?: 'batch';
  /** Rows that Flink was left with, sorted by their text. */
  readonly expected?: readonly (readonly FlinkValue[])[];
  /** What Flink sent, where more than the final rows is of interest. */
  readonly kinds?: string;
  /** Places of the columns that identify a row, where Flink sends no −U: a change takes the place of the row before. */
  readonly key?: readonly number[];
  /** Why Flink does not run it, in its own words; in place of `expected`. */
  readonly refused?: string;
  /** Why Tidewheel differs on purpose: it runs what Flink refuses, or refuses what Flink runs. */
  readonly differs?: string;
}

export const CASES = new URL('../../../../test/unit/transform/cases/', import.meta.url).pathname;

export function caseFiles(): string[] {
  return readdirSync(CASES)
    .filter((name) => name.endsWith('.json'))
    .sort();
}

export function readCases(name: string): CaseFile {
  return JSON.parse(readFileSync(join(CASES, name), 'utf8'));
}

export function sorted(rows: readonly (readonly FlinkValue[])[]): (readonly FlinkValue[])[] {
  const text = new Map(rows.map((row) => [row, JSON.stringify(row)]));
  return [...rows].sort((a, b) => (text.get(a)! < text.get(b)! ? -1 : 1));
}

const plans = new WeakMap<Query, Plan>();

export function compileCase(file: CaseFile, query: Query): Plan {
  const known = plans.get(query);
  if (known) return known;
  const plan = compileSql(`${file.tables}\n${query.sql};`, {
    mode: query.mode ?? 'streaming',
    connectors: { filesystem: { source: { options: { path: {}, format: {} }, bounded: () => true } } },
    formats: Object.fromEntries(
      Object.entries(formats).map(([name, { changelog }]) => [name, { options: {}, changelog }]),
    ),
  }).plan;
  plans.set(query, plan);
  return plan;
}

export interface Result {
  readonly rows: (readonly FlinkValue[])[];
  readonly changes: FlinkChange[];
}

/**
 * Runs a query over its rows, one row of each table in turn. `restart`: checkpoints as it goes, and in the middle begins anew from
 * the last one at that parallelism.
 */
export async function runCase(
  file: CaseFile,
  query: Query,
  parallelism: number,
  restart?: number,
  disk?: StateDisk,
): Promise<Result> {
  const plan = compileCase(file, query);
  const changes: FlinkChange[] = [];
  let clock = 1_700_000_000_000;
  const options = {
    plan,
    parallelism,
    disk,
    batch: query.mode === 'batch',
    now: () => clock,
    collect: (row: Row, kind: 0 | 1 | 2 | 3, sink: PlanNode) => {
      const { fields } = sink.schema;
      changes.push({ kind: ROW_KIND_NAMES[kind], row: fields.map((f) => flinkValue(row[f.name], f.type)) });
    },
  };
  let run = await PlanRun.start(options);
  const feeds = plan.nodes.filter((n) => n.spec.kind === 'source').map((node) => new Feed(node, file, options.now));
  const lines = feeds.reduce((sum, feed) => sum + feed.length, 0);
  let fed = 0;
  let checkpoint: Checkpoint | undefined;
  while (feeds.some((feed) => !feed.ended)) {
    for (const feed of feeds) {
      if (feed.ended) continue;
      clock += 10;
      feed.step(run);
      if (++fed % 3 === 0) run.tick();
      if (restart === undefined) continue;
      if (fed % 4 === 0 || fed === lines >> 1) checkpoint = await run.checkpoint(checkpoint);
      if (fed === lines >> 1) {
        run = await PlanRun.start({ ...options, parallelism: restart }, checkpoint);
        checkpoint = undefined;
        for (const each of feeds) each.repeatWatermark(run);
      }
    }
  }
  run.tick();
  return { rows: sorted(finalRows(changes)), changes };
}

/** A source of the plan, read line by line through the engine's own decoders. */
class Feed {
  private readonly input: SourceInput;
  private run!: PlanRun;
  private next = 0;
  private watermark: number | undefined;
  ended = false;
  private readonly lines: readonly string[];

  constructor(
    private readonly node: PlanNode,
    file: CaseFile,
    now: () => number,
  ) {
    const spec = node.spec as SourceSpec;
    this.lines =
      spec.connector === 'values'
        ? JSON.parse(spec.options.rows)
        : (file.inputs[spec.options.path] ?? []).map((r) => JSON.stringify(r));
    const env = {
      now,
      log: console,
      resolve: (text: string) => text,
      deployment: { job: 'case', baseDir: '.' },
      wake() {},
      fail() {},
    };
    const format = spec.format ? formats[spec.format as keyof typeof formats] : undefined;
    this.input = new SourceInput(
      node,
      env as never,
      0,
      1,
      this.connector(),
      format,
      (row, kind) => this.run.row(node.id, row, kind),
      undefined,
    );
    this.input.addSplits([{ id: 'only', position: 0, watermark: null }]);
  }

  get length(): number {
    return this.lines.length;
  }

  private connector(): SourceConnector {
    return {
      name: 'case',
      bounded: () => true,
      options: {},
      enumerate: async () => [],
      createReader: (ctx) => {
        let split: SplitOutput;
        return {
          addSplits: () => {
            split = ctx.openSplit('only');
          },
          noMoreSplits() {},
          poll: () => {
            const line = this.lines[this.next++];
            if (typeof line !== 'string') {
              split.emit(Object.fromEntries(ctx.spec.read.map((name, i) => [name, line[i]])), 0);
              return 'more';
            }
            const bytes = Buffer.from(line);
            split.decoder.record(bytes, 0, bytes.length);
            return 'more';
          },
          snapshot: () => [],
          close: async () => {},
        };
      },
    };
  }

  step(run: PlanRun): void {
    this.run = run;
    if (this.next < this.lines.length) {
      this.input.poll(1);
      const watermark = this.input.advance();
      if (typeof watermark === 'number') run.watermark(this.node.id, (this.watermark = watermark));
    }
    if (this.next >= this.lines.length) {
      run.end(this.node.id);
      this.ended = true;
    }
  }

  repeatWatermark(run: PlanRun): void {
    if (this.ended) run.end(this.node.id);
    else if (this.watermark !== undefined) run.watermark(this.node.id, this.watermark);
  }
}

/** A value as Flink's runner writes it (see flink-output.ts). */
export function flinkValue(value: any, type: DataType): FlinkValue {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'BIGINT':
      return String(value);
    case 'DECIMAL': {
      const digits = String(value < 0 ? -value : value).padStart(type.scale + 1, '0');
      const at = digits.length - type.scale;
      return `${value < 0 ? '-' : ''}${digits.slice(0, at)}${type.scale > 0 ? `.${digits.slice(at)}` : ''}`;
    }
    case 'DOUBLE':
      return Number.isFinite(value) ? value : String(value);
    case 'FLOAT':
      return Number.isFinite(value) ? Number(floatToString(value)) : String(value);
    case 'DATE':
      return formatDate(value);
    case 'TIME':
      return formatTime(value, type.precision);
    case 'TIMESTAMP':
      return formatTimestamp(value, type.precision);
    case 'TIMESTAMP_LTZ':
      return `${formatTimestamp(value, type.precision)}Z`;
    case 'ARRAY':
      return value.map((v: unknown) => flinkValue(v, type.element));
    case 'MAP':
      return inOrder([...value].map(([k, v]) => [flinkValue(k, type.key), flinkValue(v, type.value)]));
    case 'MULTISET':
      return inOrder([...value].map(([k, n]) => [flinkValue(k, type.element), n]));
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(value).toString('hex');
    case 'BITMAP':
      return bitmapToString(value);
    case 'ROW':
      if (type.className !== undefined) return flinkText(type)(value);
      return Object.fromEntries(type.fields.map((f) => [f.name, flinkValue(value[f.name], f.type)]));
    default:
      return value;
  }
}

/** Entries of a MAP or MULTISET have no order: by their text. */
export function inOrder(pairs: FlinkValue[]): FlinkValue[] {
  return pairs.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
