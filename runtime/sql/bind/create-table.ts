/** CREATE TABLE → a checked table. */
import type { Expr, NamedExpr } from '../../expr/ir.js';
import { type DataType, type Field, typeToString } from '../../record/types.js';
import type { CreateTable, Identifier, LikeFeature, OptionEntry, Span, TableElement, Watermark } from '../ast/index.js';
import type { Column, Table, TableWatermark } from '../catalog/table.js';
import { SqlError, unsupported } from '../error.js';
import { columnsOf, someCall, substitute } from '../plan/expression.js';
import { timePlus } from '../plan/join-kind.js';
import { type Environment, plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { Scope } from './scope.js';
import { bindType } from './type.js';

/** `written`: the statement with LIKE's elements already in it. */
export function bindCreateTable(env: Environment, written: CreateTable): Table {
  const name = env.catalog.nameOf(written.name);
  const options = optionsOf(written.options);
  const { connector, format } = env.catalog.checkOptions(options, written.options, written.name.span, name);
  if (written.distribution) throw unsupported('DISTRIBUTED BY', written.distribution.span);
  const columns = bindColumns(env, written, connector);
  const primaryKey = bindPrimaryKey(written, columns);
  const keyed = primaryKey ? columns.map((c) => (primaryKey.includes(c.field.name) ? notNull(c) : c)) : columns;
  const watermarks = written.elements.filter((e): e is Watermark => e.kind === 'Watermark');
  if (watermarks.length > 1) throw new SqlError('TW2004', 'a table has one WATERMARK', watermarks[1].span);
  return {
    kind: 'table',
    name,
    namespace: env.catalog.namespaceOf(written.name),
    columns: keyed,
    ...(primaryKey ? { primaryKey } : {}),
    ...(watermarks[0] ? { watermark: bindWatermark(env, watermarks[0], keyed) } : {}),
    options,
    connector,
    ...(format ? { format } : {}),
    changelog: env.catalog.changelogOf(connector, format),
    // Where there are no folders, PARTITIONED BY is but a word: such a table is not written (bindInsert).
    partitionedBy: partitionColumns(written.partitionedBy, keyed).filter(
      () => env.catalog.known.connectors[connector].sink?.partitions,
    ),
    statement: written,
    at: written.span,
  };
}

/** Repeated keys: the last one wins nowhere, it is a mistake. */
function optionsOf(entries: readonly OptionEntry[]): Record<string, string> {
  const options: Record<string, string> = {};
  for (const { key, value, span } of entries) {
    if (Object.hasOwn(options, key)) throw new SqlError('TW2006', `option '${key}' is there twice`, span);
    options[key] = value;
  }
  return options;
}

function bindColumns(env: Environment, written: CreateTable, connector: string): Column[] {
  const columns: Column[] = [];
  const metadata = env.catalog.known.connectors[connector].source?.metadata ?? {};
  const add = (at: Identifier, make: () => Column) => {
    if (columns.some((c) => c.field.name === at.name))
      throw new SqlError('TW2002', `column '${at.name}' is there twice`, at.span);
    if (at.name === '__proto__') throw new SqlError('TW2002', `a column can't be named '${at.name}'`, at.span);
    columns.push(make());
  };
  for (const element of written.elements) {
    if (element.kind === 'PhysicalColumn') {
      const type = bindType(element.type);
      refuseUnwritable(type, written, element.type.span);
      add(element.name, () => ({ kind: 'physical', field: { name: element.name.name, type } }));
    } else if (element.kind === 'MetadataColumn') {
      const key = element.from ?? element.name.name;
      if (!Object.hasOwn(metadata, key)) {
        throw new SqlError('TW2002', `connector '${connector}' has no metadata '${key}'`, element.span, {
          name: key,
          known: Object.keys(metadata),
        });
      }
      const field = { name: element.name.name, type: bindType(element.type) };
      add(element.name, () => ({ kind: 'metadata', field, key, virtual: element.virtual }));
    } else if (element.kind === 'ColumnName') {
      throw new SqlError('TW2003', `column '${element.name.name}' has no type`, element.span, { expected: 'a type' });
    }
  }
  // Computed columns see all others, wherever they stand, and the computed ones before them.
  const order = new Map(
    written.elements.flatMap((e, i) => ('name' in e && e.kind !== 'PrimaryKey' ? [[e.name!.name, i] as const] : [])),
  );
  const definitions = new Map<string, Expr>();
  for (const element of written.elements) {
    if (element.kind !== 'ComputedColumn') continue;
    const scope = Scope.of(
      undefined,
      columns.map((c) => c.field),
    );
    const bound = new ExpressionBinder(plainContext(env, scope, 'a computed column')).bind(element.value);
    const expr = substitute(bound, (c) => definitions.get(c.name));
    definitions.set(element.name.name, expr);
    const field: Field = { name: element.name.name, type: expr.type };
    const processingTime = expr.op === 'call' && expr.fn === 'PROCTIME';
    add(element.name, () => ({ kind: 'computed', field, expr, processingTime }));
  }
  if (columns.length === 0) throw new SqlError('TW2004', 'a table needs a column', written.span);
  return columns.sort((a, b) => order.get(a.field.name)! - order.get(b.field.name)!);
}

/** VARIANT and BITMAP have no form in any format; connectors without one (print, blackhole, …) take them. */
function refuseUnwritable(type: DataType, table: CreateTable, at: Span): void {
  const format = table.options.find((o) => /(?:^|\.)format$/.test(o.key));
  if (!format) return;
  const kinds = new Set<string>();
  const visit = (t: DataType) => {
    kinds.add(t.kind);
    if (t.kind === 'ARRAY' || t.kind === 'MULTISET') visit(t.element);
    else if (t.kind === 'MAP') [t.key, t.value].forEach(visit);
    else if (t.kind === 'ROW') for (const f of t.fields) visit(f.type);
  };
  visit(type);
  if (kinds.has('VARIANT'))
    throw unsupported(
      `VARIANT in the format ${format.value}`,
      at,
      'keep it as STRING: PARSE_JSON(text), JSON_STRING(variant)',
    );
  if (kinds.has('BITMAP'))
    throw unsupported(
      `BITMAP in the format ${format.value}`,
      at,
      'keep it as BYTES: BITMAP_FROM_BYTES(bytes), BITMAP_TO_BYTES(bitmap)',
    );
}

function bindPrimaryKey(written: CreateTable, columns: readonly Column[]): string[] | undefined {
  const keys = written.elements.filter((e) => e.kind === 'PrimaryKey');
  if (keys.length === 0) return undefined;
  if (keys.length > 1) throw new SqlError('TW2004', 'a table has one PRIMARY KEY', keys[1].span);
  const [key] = keys;
  if (key.enforced) {
    throw new SqlError('TW2004', 'a streaming table cannot enforce its PRIMARY KEY', key.span, {
      expected: 'PRIMARY KEY (…) NOT ENFORCED',
    });
  }
  return key.columns.map((c) => {
    const found = columns.find((x) => x.field.name === c.name);
    if (!found) {
      throw new SqlError('TW2002', `unknown column '${c.name}' in PRIMARY KEY`, c.span, {
        name: c.name,
        known: columns.map((x) => x.field.name),
      });
    }
    if (found.kind !== 'physical')
      throw new SqlError('TW2004', `PRIMARY KEY over '${c.name}', which is ${found.kind}`, c.span, {
        expected: 'a physical column',
      });
    return c.name;
  });
}

function notNull(c: Column): Column {
  return { ...c, field: { ...c.field, type: { ...c.field.type, nullable: false } as DataType } };
}

function partitionColumns(names: readonly Identifier[], columns: readonly Column[]): string[] {
  return names.map((n) => {
    if (columns.some((c) => c.field.name === n.name && c.kind === 'physical')) return n.name;
    throw new SqlError('TW2002', `unknown column '${n.name}' in PARTITIONED BY`, n.span, {
      name: n.name,
      known: columns.map((c) => c.field.name),
    });
  });
}

function bindWatermark(env: Environment, node: Watermark, columns: readonly Column[]): TableWatermark {
  const scope = Scope.of(
    undefined,
    columns.map((c) => c.field),
  );
  if (node.column.parts.length > 1)
    throw unsupported('WATERMARK over a nested field', node.column.span, 'make a computed column of it');
  const { field } = scope.resolve(node.column.parts, node.column.span);
  const { type } = field;
  if ((type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ') || type.precision > 3) {
    throw new SqlError('TW2003', `WATERMARK over '${field.name}', which is ${typeToString(type)}`, node.column.span, {
      expected: 'TIMESTAMP or TIMESTAMP_LTZ with a precision of at most 3',
    });
  }
  const expr = new ExpressionBinder(plainContext(env, scope, 'WATERMARK')).bind(node.value);
  if (expr.type.kind !== type.kind) {
    throw new SqlError('TW2003', `the WATERMARK is ${typeToString(expr.type)}`, node.value.span, {
      expected: typeToString(type),
    });
  }
  const needed = columnsOf(expr).add(field.name);
  const computed: NamedExpr[] = columns.flatMap((c) =>
    c.kind === 'computed' && needed.has(c.field.name) ? [{ name: c.field.name, expr: c.expr }] : [],
  );
  for (const { name, expr: value } of computed) {
    if (someCall(value, (call) => call.fn === 'PROCTIME')) {
      throw new SqlError('TW2004', `WATERMARK over '${name}', which is processing time`, node.span);
    }
  }
  const plain = timePlus(expr);
  const delayMs = plain?.column === field.name ? -plain.ms : undefined;
  return { column: field.name, expr, ...(delayMs === undefined || delayMs < 0 ? {} : { delayMs }), computed };
}

/** CREATE TABLE … LIKE: the statement with the other table's elements and options in it. */
export function withLike(env: Environment, node: CreateTable): CreateTable {
  if (!node.like) return node;
  const source = env.catalog.find(node.like.source);
  if (source?.kind !== 'table') {
    const text = node.like.source.parts.map((p) => p.name).join('.');
    throw new SqlError('TW2002', `unknown table '${text}' in LIKE`, node.like.source.span, {
      name: text,
      known: env.catalog.names(),
    });
  }
  const base = source.statement;
  const strategy = (feature: LikeFeature) =>
    node.like!.rules.find((r) => r.feature === feature)?.strategy ??
    node.like!.rules.find((r) => r.feature === 'ALL')?.strategy ??
    (feature === 'OPTIONS' ? 'OVERWRITING' : 'INCLUDING');
  const features: Partial<Record<TableElement['kind'], LikeFeature>> = {
    Watermark: 'WATERMARKS',
    ComputedColumn: 'GENERATED',
    MetadataColumn: 'METADATA',
    PrimaryKey: 'CONSTRAINTS',
  };
  const own = new Set(node.elements.flatMap((e) => ('name' in e && e.name ? [e.name.name] : [])));
  const inherited = base.elements.filter((e) => {
    const feature = features[e.kind];
    if (!feature) return true;
    const how = strategy(feature);
    if (how === 'EXCLUDING') return false;
    if (how !== 'OVERWRITING') return true;
    return e.kind === 'Watermark' || e.kind === 'PrimaryKey'
      ? !node.elements.some((x) => x.kind === e.kind)
      : !own.has('name' in e ? e.name!.name : '');
  });
  const mine = new Set(node.options.map((o) => o.key));
  const options = strategy('OPTIONS') === 'EXCLUDING' ? [] : base.options.filter((o) => !mine.has(o.key));
  return {
    ...node,
    elements: [...inherited, ...node.elements],
    options: [...options, ...node.options],
    partitionedBy:
      node.partitionedBy.length || strategy('PARTITIONS') === 'EXCLUDING' ? node.partitionedBy : base.partitionedBy,
  };
}
