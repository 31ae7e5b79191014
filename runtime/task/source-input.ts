/**
 * A source at the head of a chain: gives each split its decoder and its watermark, decides about bad records, and keeps what
 * the snapshot needs of the splits.
 */

import { MAX_WATERMARK, MIN_WATERMARK } from '../exchange/element.js';
import { compileExpr, compileProjection } from '../expr/codegen/compile.js';
import type { BadRecord, DecoderSpec, DecoderTarget, Format } from '../formats/contract.js';
import { keyValueDecoder } from '../formats/key-value.js';
import { upsertDecoder } from '../formats/upsert.js';
import type { PlanNode, SourceSpec } from '../graph/plan.js';
import type { Row, RowKind } from '../record/types.js';
import type { SplitSnapshot } from '../snapshot/manifest.js';
import type { RecordMeta, SourceConnector, SourceReader, Split, SplitOutput } from '../source/contract.js';
import type { DeadLetters } from './dead-letters.js';
import type { TaskEnvironment } from './environment.js';

/** A record can't be decoded and the source's policy is to fail. */
export class BadRecordError extends Error {
  readonly code = 'TW3001';
}

/** A split's event time and whether it holds the watermark back. */
class SplitState {
  maxTime = MIN_WATERMARK;
  watermark = MIN_WATERMARK;
  idle = false;
  finished = false;
  lastRecordMs: number;
  /** Rows emitted, ever; and as of the last look at the watermark. */
  records = 0;
  seen = 0;

  constructor(
    readonly id: string,
    now: number,
  ) {
    this.lastRecordMs = now;
  }
}

const MAX_RAW_TEXT = 300;

export class SourceInput {
  readonly spec: SourceSpec;
  private readonly splits = new Map<string, SplitState>();
  private reader!: SourceReader;
  private lastWatermark = MIN_WATERMARK;
  private reportedIdle = false;
  badRecords = 0;
  ended = false;

  constructor(
    private readonly node: PlanNode,
    private readonly env: TaskEnvironment,
    subtask: number,
    parallelism: number,
    private readonly connector: SourceConnector,
    private readonly format: Format | undefined,
    private readonly emit: (row: Row, kind: RowKind) => void,
    private readonly deadLetters: DeadLetters | undefined,
    private readonly keyFormat?: Format,
  ) {
    this.spec = node.spec as SourceSpec;
    this.reader = connector.createReader({
      spec: this.spec,
      options: resolveOptions(this.spec.options, env.resolve),
      log: env.log,
      jobName: env.deployment.job,
      baseDir: env.deployment.baseDir,
      subtask,
      parallelism,
      wake: env.wake,
      openSplit: (id) => this.openSplit(id),
      fail: env.fail,
    });
  }

  addSplits(splits: readonly SplitSnapshot[]): void {
    const fresh: Split[] = [];
    for (const split of splits) {
      if (this.splits.has(split.id)) continue;
      const state = new SplitState(split.id, this.env.now());
      if (split.watermark !== null && split.watermark !== undefined) state.watermark = state.maxTime = split.watermark;
      this.splits.set(split.id, state);
      fresh.push({ id: split.id, position: split.position });
    }
    if (fresh.length > 0) this.reader.addSplits(fresh);
    this.env.wake();
  }

  noMoreSplits(): void {
    this.reader.noMoreSplits();
    this.env.wake();
  }

  /** Reads about `max` records into the chain. False: nothing to read now. */
  poll(max: number): boolean {
    if (this.ended) return false;
    const result = this.reader.poll(max);
    if (result === 'end') this.ended = true;
    return result === 'more' || result === 'end';
  }

  /** The source's watermark, if it has advanced; 'idle' once when no split has records; undefined otherwise. */
  advance(): number | 'idle' | undefined {
    if (this.ended) return undefined;
    if (!this.spec.watermark) return undefined;
    const idleAfter = this.spec.watermark.idleTimeoutMs ?? 0;
    const now = idleAfter > 0 ? this.env.now() : 0;
    let minimum = Number.POSITIVE_INFINITY;
    for (const split of this.splits.values()) {
      if (split.finished) continue;
      if (split.records !== split.seen) {
        split.seen = split.records;
        split.idle = false;
        split.lastRecordMs = now;
        this.updateWatermark(split);
      } else if (idleAfter > 0 && now - split.lastRecordMs > idleAfter) split.idle = true;
      if (!split.idle && split.watermark < minimum) minimum = split.watermark;
    }
    if (minimum === Number.POSITIVE_INFINITY) {
      // Only splits that are read to their end: their last watermark counts until the reader says that all is read.
      const idle = this.splits.size > 0 && [...this.splits.values()].some((s) => s.idle);
      if (!idle) {
        for (const s of this.splits.values()) minimum = Math.min(minimum, s.watermark);
        if (minimum === Number.POSITIVE_INFINITY) return undefined;
      } else {
        if (this.reportedIdle) return undefined;
        this.reportedIdle = true;
        return 'idle';
      }
    }
    this.reportedIdle = false;
    if (minimum <= this.lastWatermark) return undefined;
    this.lastWatermark = minimum;
    return minimum;
  }

  get watermark(): number {
    return this.ended ? MAX_WATERMARK : this.lastWatermark;
  }

  private updateWatermark(split: SplitState): void {
    if (this.spec.watermark?.delayMs !== undefined) {
      const w = split.maxTime - this.spec.watermark.delayMs;
      if (w > split.watermark) split.watermark = w;
    }
  }

  snapshot(): SplitSnapshot[] {
    for (const split of this.splits.values()) this.updateWatermark(split);
    return this.reader.snapshot().map((s) => {
      const state = this.splits.get(s.id);
      const watermark = state && Number.isFinite(state.watermark) ? state.watermark : null;
      return { ...s, watermark, finished: state?.finished ?? false };
    });
  }

  checkpointComplete(splits: readonly Split[]): void {
    this.reader.checkpointComplete?.(splits);
  }

  lag(): number | undefined {
    return this.reader.lag?.();
  }

  close(): Promise<void> {
    return this.reader.close();
  }

  private openSplit(id: string): SplitOutput {
    const state = this.splits.get(id) ?? new SplitState(id, this.env.now());
    this.splits.set(id, state);
    const meta: RecordMeta = { origin: '', partition: 0, offset: 0, line: 0, timestamp: -1, key: null, headers: null };
    const emit = this.makeEmit(state);
    const { spec, format, keyFormat } = this;
    const decoderSpec: DecoderSpec = {
      columns: spec.columns,
      read: spec.read,
      metadata: spec.metadata.map((m) => ({
        key: m.key,
        field: this.node.schema.fields.find((f) => f.name === m.column) ?? {
          name: m.column,
          type: { kind: 'ANY', nullable: true } as const,
        },
      })),
      filter: spec.filter,
      options: resolveOptions(spec.options, this.env.resolve),
      timeZone: spec.timeZone,
    };
    const target: DecoderTarget = { meta, emit, bad: (record) => this.bad(record, meta) };
    const { primaryKey } = spec;
    const upserts = this.connector.changelog === 'upsert' && primaryKey !== undefined;
    let decoder: SplitOutput['decoder'] | undefined;
    if (!format || !keyFormat) decoder = format?.createDecoder(decoderSpec, target);
    else if (upserts) decoder = upsertDecoder(keyFormat, format, decoderSpec, primaryKey, target);
    else decoder = keyValueDecoder(keyFormat, format, decoderSpec, target);
    return {
      meta,
      emit,
      decoder: decoder ?? noDecoder(spec.connector),
      markIdle: () => {
        state.idle = true;
      },
      finish: () => {
        state.finished = true;
        this.updateWatermark(state);
      },
    };
  }

  /** Compiled so that the watermark's bookkeeping is inlined into the decoder's loop. */
  private makeEmit(state: SplitState): (row: Row, kind: RowKind) => void {
    const { spec } = this;
    const watermark = spec.watermark;
    const computed = spec.computed && spec.computed.length > 0;
    const names = spec.computed ? this.node.schema.fields.map((f) => f.name) : [];
    const project = computed
      ? compileProjection(
          names.map((name) => {
            const made = spec.computed!.find((c) => c.name === name);
            const type = this.node.schema.fields.find((f) => f.name === name)!.type;
            return made ?? { name, expr: { op: 'column' as const, name, type } };
          }),
        )
      : undefined;
    const byExpr = watermark && watermark.delayMs === undefined ? compileExpr(watermark.expr) : undefined;
    const column = watermark ? JSON.stringify(watermark.column) : '""';
    const body = `'use strict';
      return function fromSource(row, kind) {
        ${project ? 'row = project(row);' : ''}
        state.records++;
        ${
          watermark
            ? byExpr
              ? 'const w = byExpr(row); if (w !== null && w > state.watermark) state.watermark = w;'
              : `const t = row[${column}]; if (t !== null && t > state.maxTime) state.maxTime = t;`
            : ''
        }
        emit(row, kind);
      };`;
    const inner = new Function('project', 'state', 'byExpr', 'emit', body)(project, state, byExpr, this.emit);
    return inner;
  }

  private bad(record: BadRecord, meta: RecordMeta): void {
    this.badRecords++;
    const policy = this.spec.onError;
    const at =
      meta.line > 0
        ? `${meta.origin}:${meta.line}`
        : `${meta.origin} partition ${meta.partition} offset ${meta.offset}`;
    if (policy.policy === 'skip') {
      if (this.badRecords <= 10)
        this.env.log.warn({ node: this.node.id, at, reason: record.reason }, 'skipped a bad record');
      return;
    }
    const raw = record.start >= 0 ? record.buf.subarray(record.start, record.end) : Buffer.alloc(0);
    if (policy.policy === 'dead-letter' && this.deadLetters) {
      this.deadLetters.write({ node: this.node.id, meta, raw, reason: record.reason, column: record.column });
      return;
    }
    const text = raw.toString('utf8', 0, MAX_RAW_TEXT) + (raw.length > MAX_RAW_TEXT ? '…' : '');
    throw new BadRecordError(
      `source "${this.node.name}" can't read the record at ${at}: ${record.reason}; the record is ${JSON.stringify(text)}. ` +
        `Mend the data, or set 'on-error' to 'skip' or 'dead-letter'`,
    );
  }

  /** What the reader waits for, e.g. a broker that is away; undefined: nothing. */
  get status(): string | undefined {
    return this.reader.status;
  }

  /** Rows handed to the chain. */
  get recordsOut(): number {
    let n = 0;
    for (const s of this.splits.values()) n += s.records;
    return n;
  }
}

function noDecoder(connector: string): SplitOutput['decoder'] {
  const refuse = () => {
    throw new Error(`connector '${connector}' reads bytes: it needs a 'format'`);
  };
  return { record: refuse, lines: refuse as never };
}

export function resolveOptions(
  options: Readonly<Record<string, string>>,
  resolve: (text: string) => string,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(options)) out[key] = resolve(value);
  return out;
}
