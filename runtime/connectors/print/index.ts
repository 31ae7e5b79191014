/**
 * Writes rows as lines to the standard output, each with an optional prefix: `alerts:1> +U[a, 2]`, as Flink's does. Rows without
 * a schema (graph bodies) are written as JSON: `alerts:1> +U {"card":"a","n":2}`.
 */
import { ByteWriter } from '../../record/bytes.js';
import { INSERT, ROW_KIND_NAMES, type Row, type RowKind } from '../../record/types.js';
import type { SinkConnector, SinkContext, SinkWriter } from '../../sink/contract.js';
import { flinkRowText } from './flink-text.js';

const FLUSH_CHARS = 64 * 1024;

export const sink: SinkConnector = {
  name: 'print',
  changelog: 'retract',
  options: {
    'print-identifier': { doc: 'Text in front of each line; with parallelism, the number of the subtask follows it.' },
    'standard-error': {
      default: 'false',
      values: ['true', 'false'],
      doc: 'Whether lines go to the standard error in place of the standard output.',
    },
  },
  createWriter: (ctx) =>
    new PrintWriter(ctx, ctx.options['standard-error'] === 'true' ? process.stderr : process.stdout),
};

/** Where lines go: a stream, or anything of a test that takes text. */
export interface LineTarget {
  write(text: string): unknown;
}

export class PrintWriter implements SinkWriter {
  private lines = '';
  private readonly prefix: string;
  private readonly scratch = new ByteWriter();
  private readonly typed: ((row: Row, kind: RowKind) => string) | undefined;

  constructor(
    private readonly ctx: SinkContext,
    private readonly target: LineTarget,
  ) {
    const identifier = ctx.options['print-identifier'] ?? '';
    const subtask = ctx.parallelism > 1 ? String(ctx.subtask + 1) : '';
    const name = identifier && subtask ? `${identifier}:${subtask}` : identifier || subtask;
    this.prefix = name ? `${name}> ` : '';
    const { columns } = ctx.spec;
    if (!ctx.encoder && !columns.untyped && columns.fields.length > 0) this.typed = flinkRowText(columns.fields);
  }

  async open(): Promise<void> {}

  write(row: Row, kind: RowKind): void {
    if (this.typed) this.lines += `${this.prefix}${this.typed(row, kind)}\n`;
    else this.lines += `${this.prefix}${kind === INSERT ? '' : `${ROW_KIND_NAMES[kind]} `}${this.textOf(row)}\n`;
    if (this.lines.length >= FLUSH_CHARS) this.flush();
  }

  ready(): boolean {
    return true;
  }

  flush(): void {
    if (this.lines === '') return;
    this.target.write(this.lines);
    this.lines = '';
  }

  async prepareCommit(): Promise<[]> {
    this.flush();
    return [];
  }

  async commit(): Promise<void> {}

  async close(): Promise<void> {
    this.flush();
  }

  private textOf(row: Row): string {
    const { encoder } = this.ctx;
    if (encoder) {
      encoder.encode(row, INSERT, this.scratch);
      const text = this.scratch.view().toString('utf8');
      this.scratch.pos = 0;
      return text.replace(/\r?\n$/, '');
    }
    if (typeof row === 'string') return row;
    return JSON.stringify(row, plainJson) ?? String(row);
  }
}

/** Values that JSON can't hold, as people would read them. */
function plainJson(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value;
}
