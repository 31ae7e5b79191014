/**
 * `TO_CHANGELOG` and `FROM_CHANGELOG`: the changes of a table as rows of their own, each with the name of its change in a column, and
 * back. Parameters as in Flink: `input`, `op` (the column, `op` where it is left out), `op_mapping` (a constant map), `on_time` (a time
 * attribute that goes on as `rowtime`) and `uid` (without effect: a step has its place in the script as its id).
 */
import { CHANGES, type FromChangelogSpec, type ToChangelogSpec } from '../../graph/changelog-steps.js';
import { type DataType, type Field, type RowKind, typeToString } from '../../record/types.js';
import type { Call, Expression, PositionalArgument, Span } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import { uniqueNames } from '../plan/build.js';
import type { StepRelation } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import type { BoundRelation } from './from.js';
import type { QueryBinder } from './query.js';
import { Scope, type ScopeColumn } from './scope.js';
import { assignArguments, bindData, partitionColumns, tableArgument } from './table-argument.js';

export const CHANGELOG_FUNCTIONS: readonly string[] = ['TO_CHANGELOG', 'FROM_CHANGELOG'];

/** The last two belong to every process table function of Flink. */
const PARAMETERS = ['INPUT', 'OP?', 'OP_MAPPING?', 'ON_TIME?', 'UID?'];
const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };

/** An entry of `op_mapping`. */
interface Mapped {
  readonly key: string;
  readonly value: string;
  readonly keyAt: Span;
  readonly valueAt: Span;
}

interface ChangelogCall {
  readonly name: string;
  readonly call: Call;
  readonly input: BoundRelation;
  readonly column: string;
  readonly columnAt: Span;
  readonly mapping?: readonly Mapped[];
  /** The column of `on_time`. */
  readonly time?: Field;
}

export function bindChangelogFunction(binder: QueryBinder, name: string, call: Call): BoundRelation {
  if (binder.env.batch) throw unsupported(`${name} in batch mode`, call.span);
  const args = assignArguments(name, PARAMETERS, call);
  const given = args.get('INPUT')!;
  const data = tableArgument(given);
  if (!data) throw new SqlError('TW2003', `${name} takes a table first`, given.span, { expected: 'TABLE t' });
  const input = bindData(binder, data);
  partitionColumns(binder, input, data, name, false);
  const c: ChangelogCall = {
    name,
    call,
    input,
    ...opColumn(name, args.get('OP'), call.span),
    mapping: constantMap(binder, name, args.get('OP_MAPPING')),
    time: onTime(binder, name, input, args.get('ON_TIME')),
  };
  return name === 'TO_CHANGELOG' ? toChangelog(binder, c) : fromChangelog(binder, c);
}

function opColumn(name: string, arg: PositionalArgument | undefined, at: Span) {
  if (!arg || arg.kind === 'DefaultArgument') return { column: 'op', columnAt: at };
  if (arg.kind !== 'DescriptorArgument' || arg.columns.length !== 1) {
    throw new SqlError('TW2003', `op of ${name} is one column`, arg.span, { expected: 'DESCRIPTOR(column)' });
  }
  return { column: arg.columns[0].name, columnAt: arg.columns[0].span };
}

function onTime(binder: QueryBinder, name: string, input: BoundRelation, arg: PositionalArgument | undefined) {
  if (!arg || arg.kind === 'DefaultArgument') return undefined;
  if (arg.kind !== 'DescriptorArgument' || arg.columns.length !== 1) {
    throw new SqlError('TW2003', `on_time of ${name} is one column`, arg.span, { expected: 'DESCRIPTOR(column)' });
  }
  const [column] = arg.columns;
  const { field } = input.scope.resolve([column], column.span);
  if (name === 'FROM_CHANGELOG' || binder.env.traits.of(input.relation).updating) {
    throw unsupported(`on_time of ${name} over or of rows that are updated or deleted`, arg.span);
  }
  if (binder.env.traits.of(input.relation).time.get(field.name) === 'rowtime') return field;
  throw new SqlError('TW2004', `on_time of ${name} is '${column.name}', which is no time attribute`, column.span, {
    expected: 'a column with a WATERMARK',
  });
}

function constantMap(binder: QueryBinder, name: string, arg: PositionalArgument | undefined): Mapped[] | undefined {
  if (!arg || arg.kind === 'DefaultArgument' || isNull(arg)) return undefined;
  const expected = "a constant map, like MAP['INSERT', 'I', 'DELETE', 'D']";
  if (arg.kind !== 'MapConstructor') {
    throw new SqlError('TW2003', `op_mapping of ${name} is no constant map`, arg.span, { expected });
  }
  const text = (node: Expression): string => {
    const expr = new ExpressionBinder(plainContext(binder.env, new Scope([]), name)).bind(node);
    if (expr.op === 'literal' && typeof expr.value === 'string') return expr.value;
    throw new SqlError('TW2003', `op_mapping of ${name} has something other than a text`, node.span, { expected });
  };
  const mapped: Mapped[] = [];
  for (let i = 0; i < arg.items.length; i += 2) {
    const [key, value] = arg.items.slice(i, i + 2);
    mapped.push({ key: text(key), value: text(value), keyAt: key.span, valueAt: value.span });
  }
  return mapped;
}

function isNull(arg: PositionalArgument): boolean {
  return arg.kind === 'NullLiteral' || (arg.kind === 'Cast' && arg.value.kind === 'NullLiteral');
}

/** The change of that name, which no other entry may have named yet. */
function changeNamed(written: string, at: Span, seen: Set<string>, severalCodes?: string): RowKind {
  const name = written.trim();
  const kind = (CHANGES as readonly string[]).indexOf(name);
  if (kind < 0) {
    throw new SqlError('TW2003', `'${name}' is no change`, at, { name, known: CHANGES, expected: CHANGES.join(', ') });
  }
  if (seen.has(name))
    throw new SqlError('TW2004', `${name} stands twice in op_mapping`, at, { expected: severalCodes });
  seen.add(name);
  return kind as RowKind;
}

function toChangelog(binder: QueryBinder, c: ChangelogCall): BoundRelation {
  const { relation, scope } = c.input;
  const codes: (string | null)[] = c.mapping ? [null, null, null, null] : [...CHANGES];
  const seen = new Set<string>();
  for (const { key, value, keyAt } of c.mapping ?? []) {
    for (const change of key.split(',')) codes[changeNamed(change, keyAt, seen)] = value;
  }
  if (scope.columns.some(({ name }) => name === c.column)) {
    throw new SqlError('TW2002', `the input of ${c.name} has a column '${c.column}' already`, c.columnAt, {
      expected: 'another name: op => DESCRIPTOR(name)',
    });
  }
  const field: Field = { name: c.column, type: STRING };
  const spec: ToChangelogSpec = { kind: 'other', transform: 'toChangelog', column: c.column, codes };
  return changelogStep(
    binder,
    c,
    'ToChangelog',
    spec,
    [field, ...relation.fields],
    [{ name: field.name, field }, ...scope.columns],
  );
}

function fromChangelog(binder: QueryBinder, c: ChangelogCall): BoundRelation {
  const { relation, scope } = c.input;
  if (binder.env.traits.of(relation).updating) {
    throw new SqlError('TW2004', `${c.name} over rows that are updated or deleted`, c.call.span, {
      expected: 'rows that are only inserted, each with the code of its change',
    });
  }
  const op = scope.columns.find(({ name }) => name === c.column);
  if (!op) {
    throw new SqlError('TW2002', `the input of ${c.name} has no column '${c.column}'`, c.columnAt, {
      name: c.column,
      known: scope.columns.map(({ name }) => name),
      hint: 'op => DESCRIPTOR(column) names the column with the codes',
    });
  }
  if (op.field.type.kind !== 'VARCHAR' && op.field.type.kind !== 'CHAR') {
    throw new SqlError('TW2003', `column '${c.column}' is ${typeToString(op.field.type)}`, c.columnAt, {
      expected: 'STRING, the code of a change',
    });
  }
  const spec: FromChangelogSpec = {
    kind: 'other',
    transform: 'fromChangelog',
    column: op.field.name,
    kinds: codesOf(c.mapping),
  };
  const fields = relation.fields.filter((f) => f.name !== op.field.name);
  const columns = scope.columns.filter((column) => column !== op);
  return changelogStep(binder, c, 'FromChangelog', spec, fields, columns);
}

/** Codes by change, several of them parted by commas. As in Flink, who has UPDATE_AFTER needs UPDATE_BEFORE. */
function codesOf(mapping: readonly Mapped[] | undefined): Record<string, RowKind> {
  if (!mapping) return Object.fromEntries(CHANGES.map((name, kind) => [name, kind as RowKind]));
  const kinds: Record<string, RowKind> = {};
  const seen = new Set<string>();
  for (const { key, value, valueAt } of mapping) {
    const kind = changeNamed(value, valueAt, seen, "codes of one change in one key: MAP['c, r', 'INSERT']");
    for (const code of key.split(',')) kinds[code.trim()] = kind;
  }
  if (seen.has('UPDATE_AFTER') && !seen.has('UPDATE_BEFORE')) {
    throw unsupported('op_mapping with UPDATE_AFTER and without UPDATE_BEFORE', mapping[0].keyAt);
  }
  return kinds;
}

function changelogStep(
  binder: QueryBinder,
  { call, input, time }: ChangelogCall,
  label: string,
  spec: ToChangelogSpec | FromChangelogSpec,
  fields: readonly Field[],
  columns: readonly ScopeColumn[],
): BoundRelation {
  const added: Field[] = time
    ? [
        {
          name: uniqueNames(
            ['rowtime'],
            fields.map((f) => f.name),
          )[0],
          type: time.type,
        },
      ]
    : [];
  const times = binder.env.traits.of(input.relation).time;
  const relation: StepRelation = {
    kind: 'step',
    step: spec.transform,
    label,
    input: input.relation,
    spec: time ? { ...spec, rowtime: { name: added[0].name, column: time.name } } : spec,
    // Whole rows: a change of columns that nobody reads is a change, too.
    reads: input.relation.fields.map((f) => f.name),
    keepsInput: false,
    added: [],
    pure: false,
    updating: spec.transform === 'fromChangelog',
    time: [...times].flatMap(([name, kind]) => (kind === 'rowtime' ? [name] : [])).concat(added.map((f) => f.name)),
    fields: [...fields, ...added],
    ...binder.origin(call.span),
  };
  const scope = new Scope([{ columns: [...columns, ...added.map((field) => ({ name: 'rowtime', field }))] }]);
  return { relation, scope };
}
