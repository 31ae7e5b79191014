/**
 * `score`: each row with a model's answer. Rows go to the model in batches; order, watermarks and barriers are kept
 * (`in-flight.ts`).
 *
 * Where rows can be taken back, the answer to a row is kept under the row's key as long as the row is there, and goes out again with
 * its −U or −D: whatever version answers by then, what is taken back is what was given.
 */
import type { ScoreSpec } from '../../graph/model-steps.js';
import { keyGroupOf } from '../../record/hash.js';
import { DELETE, type Row, type RowKind, UPDATE_BEFORE } from '../../record/types.js';
import { hashKey, mapKeyOf } from '../../state/table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { type AsyncBatch, BatchesInFlight } from '../in-flight.js';
import { EmbeddedModel } from './embedded.js';
import type { Answers } from './loaded-version.js';
import { RemoteModel } from './oip.js';
import type { Scorer } from './scorer.js';

export const score: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as ScoreSpec;
  const scorer: Scorer = spec.provider === 'oip' ? new RemoteModel(ctx, spec) : new EmbeddedModel(ctx, spec);
  const updating = ctx.inputUpdating[0] === true;
  const kept = updating ? new KeptAnswers(ctx, spec) : undefined;
  const batches = new BatchesInFlight<Answers | undefined>(ctx, {
    batchRows: scorer.batchRows,
    maxCalls: scorer.maxCalls,
    errorCode: 'TW7204',
    call(rows, kinds, signal) {
      if (kinds === null) return scorer.score(rows, signal);
      const asked = rows.filter((_, i) => isAdded(kinds[i]));
      return asked.length > 0 ? scorer.score(asked, signal) : undefined;
    },
    emit: kept
      ? (batch, from, to) => kept.emit(batch, from, to)
      : ({ rows, answer }, from, to) => {
          for (let i = from; i < to; i++) ctx.emit(answer!.row(rows[i], i), 0);
        },
  });
  return batches.transform({
    open: () => scorer.open(),
    prepare: (change) => scorer.prepare?.(change) ?? Promise.resolve(),
    change: (change) => scorer.change?.(change),
    snapshotOperator: () => scorer.snapshot?.(),
    close: () => scorer.close(),
  });
};

function isAdded(kind: RowKind): boolean {
  return kind !== UPDATE_BEFORE && kind !== DELETE;
}

const ANY = { kind: 'ANY', nullable: true } as const;

/** Answers by row key, in keyed state. */
class KeptAnswers {
  private readonly table: ReturnType<TransformContext['state']['keyedTable']>;
  private readonly key: readonly string[];
  private readonly columns: readonly string[];
  /** Rows of the batch at hand that were asked about, so far: batches come in order, in pieces. */
  private asked = 0;
  private batch: unknown;

  constructor(
    private readonly ctx: TransformContext,
    spec: ScoreSpec,
  ) {
    this.key = spec.key ?? [];
    this.columns = [...spec.outputs.map((o) => o.column), ...(spec.versionColumn ? [spec.versionColumn] : [])];
    this.table = ctx.state.keyedTable({
      name: 'answers',
      keys: this.key.map((_, i) => ({ name: `k${i}`, type: ANY })),
      values: [{ name: 'answer', type: ANY }],
    });
  }

  emit(batch: AsyncBatch<Answers | undefined>, from: number, to: number): void {
    if (this.batch !== batch) {
      this.batch = batch;
      this.asked = 0;
    }
    for (let i = from; i < to; i++) {
      const row = batch.rows[i];
      const kind = batch.kind(i);
      const parts = this.key.map((name) => row[name]);
      const group = keyGroupOf(hashKey(parts), this.ctx.maxParallelism);
      const mapKey = mapKeyOf(parts);
      const entry = this.table.get(group, mapKey);
      if (isAdded(kind)) {
        const scored = batch.answer!.row(row, this.asked++);
        const answer = this.columns.map((name) => scored[name]);
        if (entry) {
          this.table.touch(entry);
          entry.answer = answer;
        } else {
          const made: Record<string, unknown> = {};
          parts.forEach((part, k) => {
            made[`k${k}`] = part;
          });
          this.table.add(group, mapKey, { ...made, answer, _e: 0 } as never);
        }
        this.ctx.emit(scored, kind);
        continue;
      }
      // A row that was never given has nothing to be taken back.
      if (!entry) continue;
      this.ctx.emit(this.with(row, entry.answer), kind);
      if (kind === DELETE) this.table.delete(group, mapKey);
    }
  }

  private with(row: Row, answer: readonly unknown[]): Row {
    const out: Row = {};
    const given = new Map(this.columns.map((name, i) => [name, answer[i]]));
    for (const { name } of this.ctx.node.schema.fields) out[name] = given.has(name) ? given.get(name) : row[name];
    return out;
  }
}
