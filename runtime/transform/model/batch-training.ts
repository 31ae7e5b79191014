/**
 * The `fit` of a `learn` step: rows are gathered as keyed state, and at the end of the bounded input each learner is trained over its
 * own. What goes out then are the rows held back, with what the trained model says of them: any measure of them is honest. Where the
 * step publishes, these are also what the gate looks at.
 */
import type { LearnSpec } from '../../graph/model-steps.js';
import { fitRows, type LabelledRow, restore } from '../../learn/index.js';
import { detach } from '../../record/batch-codec.js';
import { keyGroupOf } from '../../record/hash.js';
import { INSERT, type Row } from '../../record/types.js';
import type { KeyedTable } from '../../state/keyed-table.js';
import { hashKey, mapKeyOf } from '../../state/table.js';
import type { TransformContext } from '../contract.js';
import { stepError } from '../in-flight.js';
import type { KeptObjects } from './kept-objects.js';
import type { LearnRecord, Prediction, StreamLearner } from './learner.js';
import { detachedRow } from './output-row.js';
import type { Publisher } from './publish.js';

interface Parts {
  readonly learners: KeptObjects<StreamLearner>;
  readonly record: (row: Row) => LearnRecord;
  readonly labelOf: ((row: Row) => unknown) | undefined;
  readonly made: (row: Row, predicted: Prediction) => Row;
  readonly publisher: Publisher | undefined;
}

const ANY = { kind: 'ANY', nullable: true } as const;

export class BatchTraining {
  private readonly table: KeyedTable;
  /** Rows so far, by key: the number of the next. */
  private readonly counts = new Map<unknown, number>();
  private counted = false;
  private state: 'gathering' | 'training' | 'trained' | 'over' = 'gathering';
  private failure: Error | undefined;
  private readonly results: { learner: StreamLearner; rows: { row: Row; x: LearnRecord; y: unknown }[] }[] = [];

  constructor(
    private readonly ctx: TransformContext,
    private readonly spec: LearnSpec,
    private readonly parts: Parts,
  ) {
    this.table = ctx.state.keyedTable({
      name: 'gathered',
      keys: [...spec.by.map((_, i) => ({ name: `k${i}`, type: ANY })), { name: 'n', type: ANY }],
      values: [{ name: 'row', type: ANY }],
      groupKeys: spec.by.length,
    });
  }

  /** After a restore: how many rows each key has. */
  private count(): void {
    this.counted = true;
    for (const entry of this.table.entries()) {
      const key = mapKeyOf(this.spec.by.map((_, i) => entry[`k${i}`]));
      this.counts.set(key, Math.max(this.counts.get(key) ?? 0, entry.n + 1));
    }
  }

  gather(row: Row): void {
    if (!this.counted) this.count();
    // A row without label has nothing to teach; what needs no label learns all.
    if (this.parts.labelOf && (this.parts.labelOf(row) ?? null) === null) return;
    this.parts.learners.of(row);
    const by = this.spec.by.map((name) => row[name]);
    const key = detach(mapKeyOf(by));
    const n = this.counts.get(key) ?? 0;
    this.counts.set(key, n + 1);
    const group = keyGroupOf(hashKey(by), this.ctx.maxParallelism);
    const keys = Object.fromEntries(by.map((part, i) => [`k${i}`, detach(part)]));
    this.table.add(group, detach(mapKeyOf([...by, n])), { ...keys, n, row: detachedRow(row), _e: 0 } as never);
  }

  get busy(): boolean {
    return this.state === 'training' || this.state === 'trained';
  }

  begin(): void {
    if (this.state !== 'gathering') return;
    this.state = 'training';
    this.train().then(
      () => this.done(),
      (error: unknown) => {
        this.failure = stepError(error, this.ctx.node, 'TW7102');
        this.done();
      },
    );
  }

  private done(): void {
    this.state = 'trained';
    this.ctx.wake();
  }

  private async train(): Promise<void> {
    const byKey = new Map<unknown, { n: number; row: Row }[]>();
    for (const entry of this.table.entries()) {
      const key = mapKeyOf(this.spec.by.map((_, i) => entry[`k${i}`]));
      const rows = byKey.get(key);
      const one = { n: entry.n as number, row: entry.row as Row };
      if (rows) rows.push(one);
      else byKey.set(key, [one]);
    }
    for (const gathered of byKey.values()) {
      gathered.sort((a, b) => a.n - b.n);
      await this.trainOne(gathered.map(({ row }) => row));
    }
  }

  private async trainOne(rows: readonly Row[]): Promise<void> {
    const { learners, record, labelOf } = this.parts;
    const learner = learners.of(rows[0]);
    const labelled = rows.map((row): LabelledRow => ({ x: record(row), y: labelOf?.(row) }));
    const started = performance.now();
    const { model, held, ...report } = await fitRows(learner.model, labelled, this.spec.fit!, restore);
    learner.model = model;
    learner.labelled += rows.length;
    this.ctx.log.info(
      {
        step: this.ctx.node.id,
        rows: rows.length - held.length,
        held: held.length,
        epochs: report.epochs,
        best: report.best,
        loss: report.losses[report.best - 1],
        seconds: Math.round(performance.now() - started) / 1000,
      },
      'a model is trained',
    );
    this.results.push({ learner, rows: held.map((i) => ({ row: rows[i], ...labelled[i] })) });
  }

  /** Sends on the rows held back, and publishes. True: there was something to do. */
  resume(): boolean {
    if (this.state !== 'trained') return false;
    this.state = 'over';
    if (this.failure) throw this.failure;
    const { made, publisher } = this.parts;
    for (const { learner, rows } of this.results.splice(0)) {
      for (const { row, x, y } of rows) {
        const predicted = learner.predict(x);
        this.ctx.emit(made(row, predicted), INSERT);
        learner.judge(x, y, predicted);
        publisher?.compare(x, y);
      }
      publisher?.judge(learner);
    }
    return true;
  }
}
