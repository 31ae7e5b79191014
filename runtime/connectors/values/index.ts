/**
 * Rows that stand in the job itself: `VALUES (1, 'a'), (2, 'b')`, `SELECT 1`, and collections of a graph body.
 *
 * The option `rows` is a JSON list of lists (values in the order of the columns) or, without columns, of whatever the rows are.
 * Values are as rows hold them, times may be text; `{"bigint": "…"}` and `{"base64": "…"}` stand for what JSON can't hold.
 */
import { TidewheelError } from '../../../api/errors.js';
import type {
  PollResult,
  ReaderContext,
  SourceConnector,
  SourceReader,
  Split,
  SplitOutput,
} from '../../source/contract.js';
import { typedValue } from './typed-value.js';

export const source: SourceConnector = {
  name: 'values',
  bounded: () => true,
  options: { rows: { required: true, doc: 'The rows, as JSON.' } },
  enumerate: async () => [{ id: 'values', position: 0 }],
  createReader: (ctx) => new ValuesReader(ctx),
};

class ValuesReader implements SourceReader {
  private readonly rows: readonly any[];
  private readonly splits: { output: SplitOutput; next: number; finished: boolean }[] = [];
  private noMore = false;

  constructor(private readonly ctx: ReaderContext) {
    this.rows = parseRows(ctx);
  }

  addSplits(splits: readonly Split[]): void {
    for (const { id, position } of splits) {
      const output = this.ctx.openSplit(id);
      output.meta.origin = id;
      this.splits.push({ output, next: Number(position), finished: false });
    }
    this.ctx.wake();
  }

  noMoreSplits(): void {
    this.noMore = true;
    this.ctx.wake();
  }

  poll(maxRecords: number): PollResult {
    for (const split of this.splits) {
      if (split.finished) continue;
      const end = Math.min(this.rows.length, split.next + maxRecords);
      for (; split.next < end; split.next++) {
        split.output.meta.offset = split.next;
        split.output.emit(this.rows[split.next], 0);
      }
      if (split.next < this.rows.length) return 'more';
      split.finished = true;
      split.output.finish();
    }
    return this.noMore ? 'end' : 'wait';
  }

  snapshot(): Split[] {
    return this.splits.map((split) => ({ id: 'values', position: split.next }));
  }

  async close(): Promise<void> {}
}

function parseRows({ options, spec }: ReaderContext): any[] {
  let rows: unknown;
  try {
    rows = JSON.parse(options['rows']);
  } catch (cause) {
    throw new TidewheelError('TW1302', `option 'rows' is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(rows)) throw new TidewheelError('TW1302', "option 'rows' must be a JSON list");
  const { fields, untyped } = spec.columns;
  if (untyped) return rows;
  const at = spec.read.map((name) => fields.findIndex((field) => field.name === name));
  return rows.map((row: unknown, index) => {
    if (!Array.isArray(row) || row.length !== fields.length) {
      throw new TidewheelError('TW1302', `each row of 'rows' must be a list of ${fields.length} values`);
    }
    const typedAt = (column: number): unknown => {
      const { name, type } = fields[column];
      const value = typedValue(literalValue(row[column]), type);
      if (value !== undefined) return value;
      const found = JSON.stringify(row[column]);
      throw new TidewheelError(
        'TW1302',
        `'rows', row ${index + 1}, column '${name}': expected ${type.kind}, found ${found}`,
      );
    };
    return Object.fromEntries(spec.read.map((name, i) => [name, typedAt(at[i])]));
  });
}

function literalValue(value: any): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.bigint === 'string') return BigInt(value.bigint);
  if (typeof value.base64 === 'string') return new Uint8Array(Buffer.from(value.base64, 'base64'));
  return value;
}
