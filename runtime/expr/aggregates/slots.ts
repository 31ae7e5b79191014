/**
 * Accumulators as flat objects: fields a0, a1, … and the statements that keep them.
 *
 * An aggregate call asks for *slots* (a count, a sum, a minimum, …) over a *source* (its argument, filter, DISTINCT). Calls
 * with the same source share slots: SUM(x), AVG(x) and COUNT(x) keep one sum and one count. Counts are updated after the
 * other slots of their source, so that `count === 0` means "nothing yet" to these; a field never mixes NULL and numbers.
 */
import type { DataType } from '../../record/types.js';
import type { Codegen } from '../codegen/codegen.js';
import { generate, generateCondition, type RowCode } from '../codegen/generate.js';
import { compareCode } from '../functions/comparison.js';
import type { EmitCall } from '../functions/definition.js';
import type { Expr } from '../ir.js';
import * as t from '../typing.js';
import { decimalToDouble } from '../values/decimal.js';
import { addExact, addLong, subtractExact, subtractLong } from '../values/exact.js';
import { addOnce, addToBag, bestOf, copyBag, mergeBags, removeFromBag, removeFromList } from './bags.js';

export interface AccField {
  readonly name: string;
  readonly type: DataType | 'ANY';
}

/** One piece of an accumulator. `values` are the codes of the source's arguments, cheap to repeat. */
export interface Slot {
  readonly key: string;
  readonly field: string;
  readonly type: DataType | 'ANY';
  readonly init: string;
  /** True for counts, which are updated last. */
  readonly last: boolean;
  copy(code: string, cg: Codegen): string;
  add(acc: string, values: readonly string[], cg: Codegen): string;
  retract(acc: string, values: readonly string[], cg: Codegen): string;
  merge(into: string, from: string, cg: Codegen): string;
}

/** What rows a slot sees: those that pass the filter and whose arguments aren't NULL (unless `keepNulls`). */
export class Source {
  readonly slots: Slot[] = [];
  /** DISTINCT: the field with the values seen. */
  seen: string | undefined;

  constructor(
    readonly key: string,
    readonly args: readonly Expr[],
    readonly filter: Expr | undefined,
    readonly distinct: boolean,
    readonly keepNulls: boolean,
    private readonly table: SlotTable,
  ) {
    if (distinct) this.seen = table.nextField('ANY');
  }

  /** The slot of that key, made when it is asked for the first time. */
  private slot(
    key: string,
    type: DataType | 'ANY',
    make: (field: string) => Omit<Slot, 'key' | 'field' | 'type'>,
  ): string {
    const known = this.slots.find((slot) => slot.key === key);
    if (known) return known.field;
    const field = this.table.nextField(type);
    this.slots.push({ key, field, type, ...make(field) });
    return field;
  }

  /** Number of values. */
  count(): string {
    if (!this.distinct && !this.keepNulls && this.args.length > 0 && this.args.every((arg) => !arg.type.nullable)) {
      // The number of rows, which other calls may count as well.
      return this.table.source([], this.filter, false, false).count();
    }
    return this.slot('count', t.withNullable(t.BIGINT, false), (f) => ({
      init: '0',
      last: true,
      copy: plain,
      add: (acc) => `${acc}.${f}++;`,
      retract: (acc) => `${acc}.${f}--;`,
      merge: (into, from) => `${into}.${f} += ${from}.${f};`,
    }));
  }

  /** Sum of the first argument in a type: integers wrap in its width. */
  sum(type: DataType): string {
    return this.slot(`sum ${JSON.stringify(type)}`, t.withNullable(type, false), (f) => {
      const combine = (a: string, op: '+' | '-', b: string, cg: Codegen) => {
        switch (type.kind) {
          case 'DOUBLE':
            return `${a} ${op} ${b}`;
          case 'FLOAT':
            return `Math.fround(${a} ${op} ${b})`;
          case 'INT':
            return `(${a} ${op} ${b}) | 0`;
          case 'TINYINT':
            return `(${a} ${op} ${b}) << 24 >> 24`;
          case 'SMALLINT':
            return `(${a} ${op} ${b}) << 16 >> 16`;
          case 'BIGINT':
            return `${op === '+' ? cg.bind(addLong, 'addLong') : cg.bind(subtractLong, 'subtractLong')}(${a}, ${b})`;
          default:
            return `${op === '+' ? cg.bind(addExact, 'addExact') : cg.bind(subtractExact, 'subtractExact')}(${a}, ${b})`;
        }
      };
      return {
        init: '0',
        last: false,
        copy: plain,
        add: (acc, [v], cg) => `${acc}.${f} = ${combine(`${acc}.${f}`, '+', v, cg)};`,
        retract: (acc, [v], cg) => `${acc}.${f} = ${combine(`${acc}.${f}`, '-', v, cg)};`,
        merge: (into, from, cg) => `${into}.${f} = ${combine(`${into}.${f}`, '+', `${from}.${f}`, cg)};`,
      };
    });
  }

  /**
   * Sum of the squared deviations from the mean, by B. P. Welford (Technometrics 1962), accumulators being merged after T. Chan,
   * G. Golub, R. LeVeque (1979).
   */
  deviations(): string {
    const { type } = this.args[0];
    const value = (v: string, cg: Codegen) =>
      type.kind === 'DECIMAL' ? `${cg.bind(decimalToDouble, 'decimalToDouble')}(${v}, ${type.scale})` : `Number(${v})`;
    const count = this.count();
    const double = t.withNullable(t.DOUBLE, false);
    const nothing = () => '';
    const number = { init: '0', last: false, copy: plain };
    const mean = this.slot('mean', double, () => ({ ...number, add: nothing, retract: nothing, merge: nothing }));
    return this.slot('deviations', double, (f) => {
      const move = (acc: string, v: string, op: '+' | '-', cg: Codegen) => {
        const [x, delta] = [cg.fresh('x'), cg.fresh('delta')];
        return `{ const ${x} = ${value(v, cg)}, ${delta} = ${x} - ${acc}.${mean};
          ${acc}.${mean} ${op}= ${delta} / (${acc}.${count} ${op} 1);
          ${acc}.${f} ${op}= ${delta} * (${x} - ${acc}.${mean}); }`;
      };
      return {
        ...number,
        add: (acc, [v], cg) => move(acc, v, '+', cg),
        retract: (acc, [v], cg) =>
          `if (${acc}.${count} === 1) { ${acc}.${mean} = 0; ${acc}.${f} = 0; } else ${move(acc, v, '-', cg)}`,
        merge: (into, from, cg) => {
          const [n, delta] = [cg.fresh('n'), cg.fresh('delta')];
          return `if (${into}.${count} === 0) { ${into}.${mean} = ${from}.${mean}; ${into}.${f} = ${from}.${f}; }
            else if (${from}.${count} > 0) {
              const ${n} = ${into}.${count} + ${from}.${count}, ${delta} = ${from}.${mean} - ${into}.${mean};
              ${into}.${mean} += (${from}.${count} / ${n}) * ${delta};
              ${into}.${f} += ${from}.${f} + ((${into}.${count} * ${from}.${count}) / ${n}) * ${delta} * ${delta};
            }`;
        },
      };
    });
  }

  /** Least or greatest value. Under retraction the values are kept with their counts. */
  extreme(which: 'min' | 'max'): string {
    const type = this.args[0].type;
    const op = which === 'min' ? '<' : '>';
    const count = this.count();
    const init = t.isString(type) ? "''" : type.kind === 'BOOLEAN' ? 'false' : '0';
    const better = (a: string, b: string, cg: Codegen) => compareCode(op, a, b, type, type, callOf(cg));
    if (!this.table.retract) {
      return this.slot(which, t.withNullable(type, false), (f) => ({
        init,
        last: false,
        copy: plain,
        add: (acc, [v], cg) => `if (${acc}.${count} === 0 || ${better(v, `${acc}.${f}`, cg)}) ${acc}.${f} = ${v};`,
        retract: () => '',
        merge: (into, from, cg) =>
          `if (${from}.${count} > 0 && (${into}.${count} === 0 || ${better(`${from}.${f}`, `${into}.${f}`, cg)})) ${into}.${f} = ${from}.${f};`,
      }));
    }
    const bag = this.bag();
    return this.slot(which, t.withNullable(type, false), (f) => {
      const compare = (cg: Codegen) => cg.bind(bestOf(type, which), which);
      return {
        init,
        last: false,
        copy: plain,
        add: (acc, [v], cg) => `if (${acc}.${count} === 0 || ${better(v, `${acc}.${f}`, cg)}) ${acc}.${f} = ${v};`,
        retract: (acc, [v], cg) =>
          `if (${v} === ${acc}.${f} && !${acc}.${bag}.has(${v}) && ${acc}.${bag}.size > 0) ${acc}.${f} = ${compare(cg)}(${acc}.${bag});`,
        merge: (into, _from, cg) => `if (${into}.${bag}.size > 0) ${into}.${f} = ${compare(cg)}(${into}.${bag});`,
      };
    });
  }

  /** All values with their counts, as a Map. */
  bag(): string {
    const keyed = this.args.length > 1 || isObject(this.args[0].type);
    return this.slot('bag', 'ANY', (f) => ({
      init: 'new Map()',
      last: false,
      copy: (code, cg) => `${cg.bind(copyBag, 'copyBag')}(${code})`,
      add: (acc, v, cg) => `${cg.bind(addToBag, 'addToBag')}(${acc}.${f}, ${valueCode(v)}, ${keyed});`,
      retract: (acc, v, cg) => `${cg.bind(removeFromBag, 'removeFromBag')}(${acc}.${f}, ${valueCode(v)}, ${keyed});`,
      merge: (into, from, cg) => `${cg.bind(mergeBags, 'mergeBags')}(${into}.${f}, ${from}.${f});`,
    }));
  }

  /** An accumulator that the user's own functions keep: NULL until the first row. */
  custom(
    key: string,
    code: {
      add(acc: string, values: readonly string[], field: string, cg: Codegen): string;
      retract(acc: string, values: readonly string[], field: string, cg: Codegen): string;
      merge(into: string, from: string, field: string, cg: Codegen): string;
    },
  ): string {
    return this.slot(`custom ${key}`, 'ANY', (f) => ({
      init: 'null',
      last: false,
      copy: (of, cg) => `${cg.bind(structuredClone, 'clone')}(${of})`,
      add: (acc, values, cg) => code.add(acc, values, f, cg),
      retract: (acc, values, cg) => code.retract(acc, values, f, cg),
      merge: (into, from, cg) => code.merge(into, from, f, cg),
    }));
  }

  /** All values in the order of arrival. */
  list(): string {
    return this.slot('list', 'ANY', (f) => ({
      init: '[]',
      last: false,
      copy: (code) => `${code}.slice()`,
      add: (acc, v) => `${acc}.${f}.push(${valueCode(v)});`,
      retract: (acc, v, cg) => `${cg.bind(removeFromList, 'removeFromList')}(${acc}.${f}, ${valueCode(v)});`,
      merge: (into, from) => `for (const v of ${from}.${f}) ${into}.${f}.push(v);`,
    }));
  }

  /** The first or last value; only without retraction. */
  edge(which: 'first' | 'last'): string {
    const count = this.count();
    return this.slot(which, t.withNullable(this.args[0].type, true), (f) => ({
      init: 'null',
      last: false,
      copy: plain,
      add: (acc, [v]) => (which === 'first' ? `if (${acc}.${count} === 0) ${acc}.${f} = ${v};` : `${acc}.${f} = ${v};`),
      retract: () => '',
      merge: (into, from) =>
        `if (${from}.${count} > 0${which === 'first' ? ` && ${into}.${count} === 0` : ''}) ${into}.${f} = ${from}.${f};`,
    }));
  }

  /** The values joined by a separator; only without retraction. */
  joined(separator: string): string {
    const count = this.count();
    return this.slot(`joined ${separator}`, t.withNullable(t.STRING, false), (f) => ({
      init: "''",
      last: false,
      copy: plain,
      add: (acc, [v]) => `${acc}.${f} = ${acc}.${count} === 0 ? ${v} : ${acc}.${f} + ${separator} + ${v};`,
      retract: () => '',
      merge: (into, from) =>
        `if (${from}.${count} > 0) ${into}.${f} = ${into}.${count} === 0 ? ${from}.${f} : ${into}.${f} + ${separator} + ${from}.${f};`,
    }));
  }
}

const plain = (code: string) => code;
const valueCode = (values: readonly string[]) => (values.length === 1 ? values[0] : `[${values.join(', ')}]`);

/** True for types whose values are compared by content and so can't be keys of a Map. */
export function isObject(type: DataType): boolean {
  return t.isBinary(type) || ['ARRAY', 'MAP', 'MULTISET', 'ROW', 'ANY', 'BITMAP'].includes(type.kind);
}

/** Enough of an EmitCall for compareCode. */
function callOf(cg: Codegen): EmitCall {
  return {
    cg,
    fn: (fn: (...args: any[]) => unknown, ...args: string[]) => `${cg.bind(fn, fn.name || 'f')}(${args.join(', ')})`,
  } as unknown as EmitCall;
}

/** All slots of the accumulator of some aggregate calls. */
export class SlotTable {
  readonly sources: Source[] = [];
  readonly fields: AccField[] = [];

  constructor(readonly retract: boolean) {}

  nextField(type: DataType | 'ANY'): string {
    const name = `a${this.fields.length}`;
    this.fields.push({ name, type });
    return name;
  }

  source(args: readonly Expr[], filter: Expr | undefined, distinct: boolean, keepNulls: boolean): Source {
    const key = JSON.stringify([args, filter ?? null, distinct, keepNulls]);
    let source = this.sources.find((known) => known.key === key);
    if (!source) {
      source = new Source(key, args, filter, distinct, keepNulls, this);
      this.sources.push(source);
    }
    return source;
  }

  /** Fields with Maps that only get more keys. */
  growing(): string[] {
    return this.retract ? [] : this.sources.flatMap(({ seen }) => seen ?? []);
  }

  /** The object literal of an empty accumulator. */
  createCode(): string {
    const inits = new Map<string, string>();
    for (const source of this.sources) {
      if (source.seen) inits.set(source.seen, 'new Map()');
      for (const slot of source.slots) inits.set(slot.field, slot.init);
    }
    return `{ ${this.fields.map(({ name }) => `${name}: ${inits.get(name)}`).join(', ')} }`;
  }

  copyCode(acc: string, cg: Codegen): string {
    const copies = new Map<string, string>();
    for (const source of this.sources) {
      if (source.seen) copies.set(source.seen, `${cg.bind(copyBag, 'copyBag')}(${acc}.${source.seen})`);
      for (const slot of source.slots) copies.set(slot.field, slot.copy(`${acc}.${slot.field}`, cg));
    }
    return `{ ${this.fields.map(({ name }) => `${name}: ${copies.get(name)}`).join(', ')} }`;
  }

  /** Statements that add (or retract) the row. */
  updateCode(kind: 'add' | 'retract', acc: string, row: RowCode, cg: Codegen): string {
    // Sources whose slots look at the count of rows come before the one that counts them.
    const ordered = [...this.sources].sort((a, b) =>
      a.args.length === 0 ? (b.args.length === 0 ? 0 : 1) : b.args.length === 0 ? -1 : 0,
    );
    return ordered.map((source) => this.sourceCode(source, kind, acc, row, cg)).join('\n');
  }

  private sourceCode(source: Source, kind: 'add' | 'retract', acc: string, row: RowCode, cg: Codegen): string {
    if (source.slots.length === 0) return '';
    const values: string[] = [];
    const declared: string[] = [];
    const nulls: string[] = [];
    for (const arg of source.args) {
      const name = cg.fresh('v');
      declared.push(`const ${name} = ${generate(arg, row, cg)};`);
      values.push(name);
      if (arg.type.nullable && !source.keepNulls) nulls.push(`${name} !== null`);
    }
    let body = source.distinct
      ? distinctCode(source, this.retract, kind, acc, values, cg)
      : slotsCode(source, kind, acc, values, cg);
    if (nulls.length > 0) body = `if (${nulls.join(' && ')}) {\n${body}\n}`;
    if (declared.length > 0) body = `{\n${declared.join('\n')}\n${body}\n}`;
    return source.filter ? `if (${generateCondition(source.filter, row, cg)}) {\n${body}\n}` : body;
  }

  /** Statements that merge one accumulator into another; counts last. */
  mergeCode(into: string, from: string, cg: Codegen): string {
    const code: string[] = [];
    const counts: string[] = [];
    for (const source of this.sources) {
      if (source.distinct) {
        code.push(mergeDistinct(source, this.retract, into, from, cg));
        continue;
      }
      for (const slot of source.slots) (slot.last ? counts : code).push(slot.merge(into, from, cg));
    }
    return [...code, ...counts].join('\n');
  }
}

function slotsCode(
  source: Source,
  kind: 'add' | 'retract',
  acc: string,
  values: readonly string[],
  cg: Codegen,
): string {
  const ordered = [...source.slots.filter((slot) => !slot.last), ...source.slots.filter((slot) => slot.last)];
  return ordered.map((slot) => slot[kind](acc, values, cg)).join('\n');
}

function distinctCode(
  source: Source,
  retract: boolean,
  kind: 'add' | 'retract',
  acc: string,
  values: readonly string[],
  cg: Codegen,
): string {
  const keyed = source.args.length > 1 || isObject(source.args[0].type);
  const add = retract ? cg.bind(addToBag, 'addToBag') : cg.bind(addOnce, 'addOnce');
  const call = kind === 'add' ? add : cg.bind(removeFromBag, 'removeFromBag');
  return `if (${call}(${acc}.${source.seen}, ${valueCode(values)}, ${keyed})) {\n${slotsCode(source, kind, acc, values, cg)}\n}`;
}

/** Values that only `from` has seen are added to the slots; where they may go again, counts of values seen by both are summed. */
function mergeDistinct(source: Source, retract: boolean, into: string, from: string, cg: Codegen): string {
  const keyed = source.args.length > 1 || isObject(source.args[0].type);
  const [key, entry, n, known, v] = ['key', 'entry', 'n', 'known', 'value'].map((name) => cg.fresh(name));
  const values = source.args.length === 1 ? [v] : source.args.map((_, i) => `${v}[${i}]`);
  return `for (const [${key}, ${entry}] of ${from}.${source.seen}) {
const ${v} = ${keyed ? `${entry}[0]` : key}, ${n} = ${keyed ? `${entry}[1]` : entry};
const ${known} = ${into}.${source.seen}.get(${key});
if (${known} === undefined) {
${into}.${source.seen}.set(${key}, ${keyed ? `[${v}, ${n}]` : n});
${slotsCode(source, 'add', into, values, cg)}
} ${retract ? `else ${keyed ? `${known}[1] += ${n}` : `${into}.${source.seen}.set(${key}, ${known} + ${n})`};` : ''}
}`;
}
