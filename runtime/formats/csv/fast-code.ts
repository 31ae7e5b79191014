/**
 * Generated code for records without quotes and escapes: walks the fields up to the last one needed, reads numbers and
 * times in place, makes strings last. 0: something is unusual, the general path decides.
 */
import { Codegen } from '../../expr/codegen/codegen.js';
import type { DataType, Field, Row } from '../../record/types.js';
import type { RecordMeta } from '../../source/contract.js';
import type { DecoderTarget } from '../contract.js';
import { makeStrings, type StringVariables } from '../late-strings.js';
import { hasMilliseconds, MILLISECOND_TEXT, MinuteCache } from '../minute-cache.js';
import type { RecordFilter } from '../record-filter.js';
import type { TextType } from '../text-values.js';
import { isFixed, timeCall, valueCode } from '../value-code.js';
import type { CsvOptions } from './options.js';

export interface CsvPlan {
  readonly fields: readonly Field[];
  /** Positions of the columns that are needed, in the order of the row. */
  readonly positions: readonly number[];
  readonly readers: ReadonlyMap<number, TextType>;
  /** The last position needed, −1 when none is. */
  readonly last: number;
  readonly metadata: readonly ((meta: RecordMeta) => unknown)[];
  readonly make: (...values: unknown[]) => Row;
  readonly filter?: RecordFilter;
  /** The position at which all that the filter needs is known. */
  readonly filterAt: number;
}

/** `kind`: the chunk is ASCII (1) or UTF-8 (2). */
export type FastDecoder = (buf: Buffer, view: DataView, start: number, end: number, kind: 1 | 2) => 0 | 1;

/** Fields that were longer than this the last time are searched for their end by memchr. */
const LONG_FIELD = 28;

class FastCompiler {
  private readonly cg = new Codegen();
  private readonly lines: string[] = [];
  private readonly declared: string[] = [];
  /** Lengths that fields had in the last record: kept between calls. */
  private readonly kept: string[] = [];
  private strings: StringVariables[] = [];
  private readonly values = new Map<number, string>();

  constructor(
    private readonly plan: CsvPlan,
    private readonly options: CsvOptions,
    private readonly target: DecoderTarget,
  ) {}

  compile(): FastDecoder {
    const { cg, plan } = this;
    for (let i = 0; i <= plan.last; i++) {
      // p stands at the field's first byte.
      if (this.plan.readers.has(i)) this.field(i);
      else this.findEnd();
      if (i === plan.filterAt) this.askFilter();
      if (i < plan.fields.length - 1) this.lines.push('if (q >= end) return 0;', 'p = q + 1;');
      else this.lines.push('if (q < end) return 0;');
    }
    this.lines.push(...makeStrings(this.strings, 'kind === 2'));
    const values = plan.positions.map((i) => this.values.get(i)!);
    const metadata = plan.metadata.map((read) => `${cg.bind(read, 'metadata')}(${cg.bind(this.target.meta, 'meta')})`);
    const make = cg.bind(plan.make, 'make');
    this.lines.push(`${cg.bind(this.target.emit, 'emit')}(${make}(${[...values, ...metadata].join(', ')}), 0);`);
    const declarations = [...this.declared, cg.takeDeclarations().replace(/^let |;\n$/g, '')].filter((d) => d !== '');
    return cg.build<FastDecoder>(`${this.kept.length > 0 ? `let ${this.kept.join(', ')};` : ''}
      return (buf, view, start, end, kind) => {
      let p = start, q = 0, c = 0, n = 0, negative = false;
      ${declarations.length > 0 ? `let ${declarations.join(', ')};` : ''}
      ${this.lines.join('\n      ')}
      return 1;
    };`);
  }

  private askFilter(): void {
    const filter = this.plan.filter!;
    const needed = filter.paths.map(([name]) => this.values.get(this.plan.fields.findIndex((f) => f.name === name))!);
    this.lines.push(
      ...makeStrings(
        this.strings.filter((s) => needed.includes(s.value)),
        'kind === 2',
      ),
    );
    this.strings = this.strings.filter((s) => !needed.includes(s.value));
    const values = filter.paths.map((path, i) => {
      const fields = path.slice(1).map((name) => `?.[${JSON.stringify(name)}]`);
      return fields.length === 0 ? needed[i] : `(${needed[i]}${fields.join('')} ?? null)`;
    });
    this.lines.push(filter.code(values, '1', this.cg));
  }

  private declare(hint: string, initial: string): string {
    const name = this.cg.fresh(hint);
    this.declared.push(`${name} = ${initial}`);
    return name;
  }

  /** Puts the end of the field at p into q. */
  private findEnd(): void {
    const { delimiter } = this.options;
    const length = this.cg.fresh('length');
    this.kept.push(`${length} = 0`);
    this.lines.push(
      `if (${length} > ${LONG_FIELD}) { q = buf.indexOf(${delimiter}, p); if (q < 0 || q > end) q = end; }`,
      `else { q = p; while (q < end && buf[q] !== ${delimiter}) q++; }`,
      `${length} = q - p;`,
    );
  }

  private field(position: number): void {
    const { cg, lines, plan } = this;
    const { name, type } = plan.fields[position];
    const value = this.declare(name, 'null');
    this.values.set(position, value);
    if (type.kind === 'VARCHAR' || type.kind === 'CHAR') {
      const start = this.declare('start', '-1');
      const end = this.declare('end', '0');
      this.strings.push({ value, start, end });
      this.findEnd();
      const take = `${start} = p; ${end} = q;`;
      const isNull = this.isNullLiteral();
      if (isNull === undefined) lines.push(take);
      else lines.push(`if (${isNull}) { ${type.nullable ? '' : 'return 0;'} } else { ${take} }`);
      return;
    }
    const time = timeCall(type, cg);
    if (time === undefined && isFixed(type)) {
      this.number(type, value);
      return;
    }
    const cache = hasMilliseconds(type) ? cg.bind(new MinuteCache(), 'minute') : undefined;
    const size = MILLISECOND_TEXT + (type.kind === 'TIMESTAMP_LTZ' ? 1 : 0);
    if (cache !== undefined) {
      const zone = type.kind === 'TIMESTAMP_LTZ' ? `buf[p + ${size - 1}] === 90 && ` : '';
      const ends = `(p + ${size} === end || (p + ${size} < end && buf[p + ${size}] === ${this.options.delimiter}))`;
      const known = `(${value} = ${cache}.read(buf, view, p)) === ${value}`;
      lines.push(`if (${ends} && ${zone}${known}) q = p + ${size}; else {`);
    }
    this.findEnd();
    const isNull = this.isNullLiteral();
    const empty = `q === p${isNull === undefined ? '' : ` || (${isNull})`}`;
    lines.push(`if (${empty}) { ${type.nullable ? `${value} = null;` : 'return 0;'} } else {`);
    if (time !== undefined) {
      lines.push(`${value} = ${time};`, `if (${value} !== ${value}) return 0;`);
    } else {
      const read = cg.bind(plan.readers.get(position)!.read, 'read');
      lines.push(`${value} = ${read}(buf.utf8Slice(p, q));`, `if (${value} === undefined) return 0;`);
    }
    if (cache !== undefined) lines.push(`if (q - p === ${size}) ${cache}.keep(view, p, ${value});`);
    lines.push(cache === undefined ? '}' : '} }');
  }

  /** Numbers and booleans end where their code stops, which must be the field's end. */
  private number(type: DataType, value: string): void {
    const { delimiter } = this.options;
    const code = valueCode(type, value, 0, this.cg, 'bytes');
    // Digits may have been read past the end of the record, where another one's stand.
    const atEnd = `p === end || (p < end && buf[p] === ${delimiter})`;
    this.lines.push(...code.read, `if (!(${atEnd})) return 0;`, 'q = p;');
    this.lines.push(`} else if (${atEnd}) { q = p; ${type.nullable ? '' : 'return 0;'} }`);
    const isNull = this.isNullLiteral();
    if (isNull === undefined || !type.nullable) {
      this.lines.push('else return 0;');
      return;
    }
    this.lines.push('else {');
    this.findEnd();
    this.lines.push(`if (!(${isNull})) return 0;`, '}');
  }

  /** Test whether the field in buf[p, q) is the null literal. */
  private isNullLiteral(): string | undefined {
    const { nullLiteral } = this.options;
    if (nullLiteral === undefined) return undefined;
    const bytes = Buffer.from(nullLiteral, 'utf8');
    return [`q - p === ${bytes.length}`, ...[...bytes].map((b, i) => `buf[p + ${i}] === ${b}`)].join(' && ');
  }
}

export function compileFast(plan: CsvPlan, options: CsvOptions, target: DecoderTarget): FastDecoder {
  return new FastCompiler(plan, options, target).compile();
}
