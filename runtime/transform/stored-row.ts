/**
 * Rows kept in state: key columns as k0…, other columns as v0…, and the code that goes from a row to its entry and back.
 *
 * Two and more columns of text can be packed: `s` holds their texts one behind the other, `s0`… where each ends, or ~end where it is
 * NULL. An entry is then two objects in place of one more than it has texts: less to copy, to write into segments and to collect.
 */
import { type Codegen, property } from '../expr/codegen/codegen.js';
import type { NamedExpr } from '../expr/ir.js';
import { deepEquals } from '../expr/values/compare.js';
import { keyGroupOf } from '../record/hash.js';
import { writeFieldsCode } from '../record/object-codec.js';
import type { DataType, Field, RowSchema } from '../record/types.js';
import { detachedPart, hashCode, keyCode, keyFields } from './entry-code.js';

/** A field of an entry that is no column, with the code of its first value. */
export interface ExtraField extends Field {
  readonly init: string;
}

const TEXTS = new Set(['CHAR', 'VARCHAR']);
const TEXT: DataType = { kind: 'VARCHAR', length: 2_147_483_647, nullable: false };
const POSITION: DataType = { kind: 'INT', nullable: false };

/** The number of a row among those of its key. */
const NUMBER: Field = { name: 'q', type: { kind: 'BIGINT', nullable: false } };

export const LONG: DataType = { kind: 'BIGINT', nullable: false };

export class StoredRow {
  readonly keys: readonly NamedExpr[];
  readonly keyFields: Field[];
  /** Fields of the entry behind the key, for the table. */
  readonly values: Field[];
  private readonly fieldOf = new Map<string, string>();
  private readonly columns: readonly Field[];
  /** Packed into `s`. */
  private readonly texts: readonly Field[];

  constructor(
    readonly schema: RowSchema,
    keys: readonly string[],
    readonly extra: readonly ExtraField[] = [],
    options: { readonly packTexts?: boolean } = {},
  ) {
    this.keys = keys.map((name) => ({ name, expr: { op: 'column', name, type: this.typeOf(name) } }));
    this.keyFields = keyFields(this.keys);
    keys.forEach((name, i) => this.fieldOf.set(name, `k${i}`));
    const others = schema.fields.filter((f) => !this.fieldOf.has(f.name));
    const texts = options.packTexts ? others.filter((f) => TEXTS.has(f.type.kind)) : [];
    this.texts = texts.length > 1 ? texts : [];
    this.columns = others.filter((f) => !this.texts.includes(f));
    this.columns.forEach((f, i) => this.fieldOf.set(f.name, `v${i}`));
    this.values = [
      ...this.columns.map((f) => ({ name: this.fieldOf.get(f.name)!, type: f.type })),
      ...(this.texts.length > 0 ? [{ name: 's', type: TEXT }] : []),
      ...this.texts.map((_, i) => ({ name: `s${i}`, type: POSITION })),
      ...extra.map(({ name, type }) => ({ name, type })),
    ];
  }

  typeOf(column: string): DataType {
    const field = this.schema.fields.find((f) => f.name === column);
    if (!field) throw new Error(`the input has no column ${column}`);
    return field.type;
  }

  /** The code of a column of the entry in variable `entry`. */
  at(entry: string): (column: string) => string {
    return (column) => {
      const text = this.texts.findIndex((f) => f.name === column);
      return text < 0 ? `${entry}.${this.fieldOf.get(column)}` : unpackCode(entry, text);
    };
  }

  /** Statements for k0…, mk and group of the row in variable `row`. */
  keySetup(row: string, maxParallelism: number, cg: Codegen, groupKeys = this.keys.length): string {
    const key = keyCode(this.keys, row, cg);
    const hash = hashCode(
      key.parts.slice(0, groupKeys),
      this.keys.slice(0, groupKeys).map((k) => k.expr.type),
      cg,
    );
    return `${key.setup}
      const mk = ${key.mapKey};
      const group = ${cg.bind(keyGroupOf, 'keyGroupOf')}(${hash}, ${maxParallelism});`;
  }

  /** The map key as state keeps it, behind keySetup(). */
  keptKey(cg: Codegen): string {
    return this.keys.length === 1 ? detachedPart('mk', this.keys[0].expr.type, cg) : 'mk';
  }

  /** True when a key part is NULL, behind keySetup(); undefined when none can be. */
  nullKey(): string | undefined {
    const parts = this.keys.flatMap((k, i) => (k.expr.type.nullable ? [`k${i} === null`] : []));
    return parts.length > 0 ? parts.join(' || ') : undefined;
  }

  /** The literal of a new entry of the row in variable `row`, behind keySetup(). `numbered`: of a bucket table. */
  entryCode(row: string, cg: Codegen, numbered: boolean, extra: Readonly<Record<string, string>> = {}): string {
    const parts = [
      ...this.keys.map((k, i) => `k${i}: ${detachedPart(`k${i}`, k.expr.type, cg)}`),
      ...(numbered ? ['q: 0'] : []),
      ...this.columns.map((f) => `${this.fieldOf.get(f.name)}: ${detachedPart(property(row, f.name), f.type, cg)}`),
      ...this.packCode(row, cg).map(([field, code]) => `${field}: ${code}`),
      ...this.extra.map((f) => `${f.name}: ${extra[f.name] ?? f.init}`),
      '_e: 0',
    ];
    return `{ ${parts.join(', ')} }`;
  }

  /** Statements that append the entry's record of the row in variable `row` to `out`, behind keySetup(); `number`: its number `q`. */
  recordCode(row: string, number: string, out: string, cg: Codegen): string {
    const packed = new Map(this.packCode(row, cg, false));
    const columns = new Map(this.columns.map((f) => [this.fieldOf.get(f.name)!, property(row, f.name)]));
    const code = ({ name }: Field) => packed.get(name) ?? columns.get(name) ?? name;
    return `const q = ${number}; ${writeFieldsCode([...this.keyFields, NUMBER, ...this.values], code, (v, hint) => cg.bind(v, hint), out)}`;
  }

  /** Statements that put the columns of the row in variable `row` into an entry of the same key. */
  assignCode(entry: string, row: string, cg: Codegen): string {
    const at = this.at(entry);
    return [
      ...this.columns.map((f) => `${at(f.name)} = ${detachedPart(property(row, f.name), f.type, cg)};`),
      ...this.packCode(row, cg).map(([field, code]) => `${entry}.${field} = ${code};`),
    ].join(' ');
  }

  /** Fields that hold the packed texts, with their code. */
  private packCode(row: string, cg: Codegen, detached = true): [field: string, code: string][] {
    if (this.texts.length === 0) return [];
    const texts = this.texts.map((f) => property(row, f.name));
    const all = texts.map((text) => `(${text} ?? '')`).join(' + ');
    const lengths = texts.map((text) => `(${text} == null ? 0 : ${text}.length)`);
    return [
      ['s', detached ? detachedPart(`(${all})`, TEXT, cg) : all],
      ...texts.map((text, i): [string, string] => {
        const before = ['0', ...lengths.slice(0, i)].join(' + ');
        return [`s${i}`, `(${text} == null ? ~(${before}) : ${before} + ${text}.length)`];
      }),
    ];
  }

  /** True when the entry has the row's values in these columns (all, if not said). */
  sameCode(entry: string, row: string, cg: Codegen, columns?: readonly string[]): string {
    const at = this.at(entry);
    const tests = (columns ?? this.schema.fields.map((f) => f.name))
      .filter((name) => !this.fieldOf.get(name)?.startsWith('k'))
      .map((name) => equalCode(at(name), property(row, name), this.typeOf(name), cg));
    return tests.length > 0 ? tests.join(' && ') : 'true';
  }

  /** Columns of the entry under their names, for rowCode(). */
  columnsOf(entry: string): Map<string, string> {
    const at = this.at(entry);
    return new Map(this.schema.fields.map((f) => [f.name, at(f.name)]));
  }
}

/** The packed text number `i`, or NULL. */
function unpackCode(entry: string, i: number): string {
  const before = `${entry}.s${i - 1}`;
  const start = i === 0 ? '0' : `(${before} < 0 ? ~${before} : ${before})`;
  return `(${entry}.s${i} < 0 ? null : ${entry}.s.substring(${start}, ${entry}.s${i}))`;
}

const BY_CONTENT = new Set(['ARRAY', 'MAP', 'MULTISET', 'ROW', 'ANY', 'BINARY', 'VARBINARY', 'BITMAP']);

/** Code that is true when two values of a type are the same; NULL is the same as NULL. */
export function equalCode(a: string, b: string, type: DataType, cg: Codegen): string {
  if (BY_CONTENT.has(type.kind)) return `${cg.bind(deepEquals, 'deepEquals')}(${a}, ${b})`;
  if (type.kind === 'FLOAT' || type.kind === 'DOUBLE') return `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}))`;
  return `${a} === ${b}`;
}
