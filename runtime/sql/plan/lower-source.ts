/** Scans → source nodes: one for each table, with the columns that all its readers need together. */
import type { Expr, LiteralExpr, NamedExpr } from '../../expr/ir.js';
import { DEFAULT_PARTITION, partitionKey } from '../../expr/partition-path.js';
import type { OnError, SourceSpec } from '../../graph/plan.js';
import type { Field } from '../../record/types.js';
import { onErrorOf } from '../catalog/on-error.js';
import { durationMs } from '../catalog/options.js';
import type { Table, TableWatermark } from '../catalog/table.js';
import { SqlError } from '../error.js';
import { addUsage, narrowField, type Usage } from '../optimise/nested-columns.js';
import { allOf, anyOf, columnsOf, conjuncts, digest, isVolatile } from './expression.js';
import { edge, type Lowering, type Made } from './lower.js';
import type { CalcRelation, Output, Relation, ScanRelation, ValuesRelation } from './relation.js';

interface Use {
  readonly scan: ScanRelation;
  /** The part of the condition right above it that the decoder may check. */
  readonly filter?: Expr;
  /** The part of it that is about folders alone. */
  readonly folders?: Expr;
  /** A step above waits for watermarks. */
  readonly waits: boolean;
  /** What is read of the scan's columns. */
  readonly usage: ReadonlyMap<string, Usage>;
}

export class Sources {
  private readonly uses = new Map<string, Use[]>();
  private readonly made = new Map<string, Made>();
  private readonly tables = new Map<string, number>();

  constructor(private readonly lowering: Lowering) {}

  collect(outputs: readonly Output[]): void {
    const visit = (relation: Relation, waiting: boolean, above?: CalcRelation): void => {
      if (relation.kind === 'scan') {
        const key = sourceKey(relation);
        const use = {
          scan: relation,
          waits: waiting,
          filter: decodable(above?.filter, relation.table),
          folders: aboutFolders(above?.filter, relation.table),
          usage: usageOf(relation, above),
        };
        this.uses.set(key, [...(this.uses.get(key) ?? []), use]);
        return;
      }
      const waits = waiting || usesEventTime(relation, this.lowering);
      for (const input of inputsOf(relation)) visit(input, waits, relation.kind === 'calc' ? relation : undefined);
    };
    for (const output of outputs) visit(output.relation, false);
  }

  scan(relation: ScanRelation): Made {
    const key = sourceKey(relation);
    let made = this.made.get(key);
    if (!made) {
      made = this.source(relation, this.uses.get(key)!);
      this.made.set(key, made);
    }
    return made;
  }

  private source(relation: ScanRelation, uses: readonly Use[]): Made {
    const { lowering } = this;
    const { table, options } = relation;
    const needed = new Set(uses.flatMap((use) => use.scan.fields.map((f) => f.name)));
    const { batch } = lowering.options;
    const mark = table.watermark;
    const waits = uses.some((use) => use.waits);
    const watermark = mark && (waits || needed.has(mark.column)) ? mark : undefined;
    const filters = uses.map((use) => use.filter);
    // Where somebody waits for watermarks, rows that are filtered out still tell the time: they have to be decoded.
    const pushed =
      filters.every((f) => f !== undefined) && !(watermark && waits && !batch) && table.changelog === 'append';
    const filter = pushed ? anyOf([...new Map(filters.map((f) => [digest(f), f])).values()]) : undefined;
    columnsOf(filter, needed);

    const computed: NamedExpr[] = watermark ? [...watermark.computed] : [];
    if (watermark) {
      needed.add(watermark.column);
      columnsOf(watermark.expr, needed);
      for (const { expr } of computed) columnsOf(expr, needed);
    }
    const declared = table.columns.flatMap((c) =>
      c.kind === 'physical' && !inFolder(table, c.field.name) ? [c.field] : [],
    );
    const physical = byName(table)
      ? declared.map((f) => narrowField(f, allUsage(uses, watermark).get(f.name)))
      : declared;
    const read = physical.filter((f) => needed.has(f.name));
    const metadata = table.columns.flatMap((c) => {
      if (!needed.has(c.field.name)) return [];
      if (c.kind === 'metadata') return [{ field: c.field, key: c.key }];
      if (!inFolder(table, c.field.name)) return [];
      return [
        { field: c.field, key: partitionKey(c.field.name, options['partition.default-name'] ?? DEFAULT_PARTITION) },
      ];
    });
    const fields: Field[] = [
      ...read,
      ...metadata.map((m) => m.field),
      ...computed.map(({ name, expr }) => ({ name, type: expr.type })),
    ];
    const bounded = lowering.options.bounded(table.connector, options);
    if (lowering.options.batch && !bounded) {
      throw new SqlError('TW2004', `table '${table.name}' has no end, which batch mode needs`, relation.at, {
        expected: `options of connector '${table.connector}' that bound it, or streaming mode`,
      });
    }
    const idleTimeoutMs = durationMs(options['scan.watermark.idle-timeout']);
    const spec: SourceSpec = {
      kind: 'source',
      connector: table.connector,
      format: table.format,
      options,
      columns: { fields: physical },
      read: read.map((f) => f.name),
      ...(table.primaryKey ? { primaryKey: table.primaryKey } : {}),
      metadata: metadata.map((m) => ({ column: m.field.name, key: m.key })),
      filter,
      partitions: partitionsOf(table, uses),
      computed: computed.length > 0 ? computed : undefined,
      // In batch nothing is late: time ends with the input.
      watermark:
        watermark && !batch
          ? {
              column: watermark.column,
              expr: watermark.expr,
              ...(watermark.delayMs === undefined ? {} : { delayMs: watermark.delayMs }),
              ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
            }
          : undefined,
      bounded,
      onError: onErrorOf(options),
      timeZone: lowering.options.timeZone,
    };
    const nth = (this.tables.get(table.name) ?? 0) + 1;
    this.tables.set(table.name, nth);
    const fixed = options['scan.parallelism']
      ? Number(options['scan.parallelism'])
      : lowering.options.sourceParallelism;
    return lowering.addNamed({
      id: `source:${table.name}${nth === 1 ? '' : `~${nth}`}`,
      name: `Source: ${table.name}`,
      spec,
      inputs: [],
      schema: { fields },
      updating: table.changelog !== 'append',
      ...(table.changelog !== 'append' && table.primaryKey ? { upsertKey: table.primaryKey } : {}),
      ...(fixed ? { parallelism: fixed } : {}),
    });
  }

  /** Constants become a bounded source; expressions that aren't constant, a calc over a row without columns. */
  values(relation: ValuesRelation): Made {
    const { lowering } = this;
    const constant = relation.rows.every((row) => row.every((expr) => expr.op === 'literal'));
    if (constant) return this.constants(relation, relation.fields, relation.rows as LiteralExpr[][]);
    const parts = relation.rows.map((row) =>
      lowering.add('calc', relation, {
        name: 'Calc',
        spec: { kind: 'calc', project: row.map((expr, i) => ({ name: relation.fields[i].name, expr })) },
        inputs: [edge(this.constants(relation, [], [[]]), { kind: 'forward' })],
        updating: false,
        fields: relation.fields,
        parallelism: 1,
      }),
    );
    if (parts.length === 1) return parts[0];
    return lowering.add('union', relation, {
      name: 'Union',
      spec: { kind: 'union' },
      inputs: parts.map((part) => edge(part, { kind: 'forward' })),
      updating: false,
      fields: relation.fields,
      parallelism: 1,
    });
  }

  private constants(
    relation: ValuesRelation,
    fields: readonly Field[],
    rows: readonly (readonly LiteralExpr[])[],
  ): Made {
    const spec: SourceSpec = {
      kind: 'source',
      connector: 'values',
      options: { rows: JSON.stringify(rows.map((row) => row.map(jsonLiteral))) },
      columns: { fields },
      read: fields.map((f) => f.name),
      metadata: [],
      bounded: true,
      onError: { policy: 'fail' } satisfies OnError,
    };
    return this.lowering.add('values', relation, {
      name: `Values(${rows.length})`,
      spec,
      inputs: [],
      updating: false,
      fields,
      parallelism: 1,
    });
  }
}

/** A column of PARTITIONED BY: it is in the name of the file's folder, not in the file. */
function inFolder(table: Table, column: string): boolean {
  return table.partitionedBy.includes(column);
}

/** Formats that find the fields of a ROW by their names, and connectors that make rows themselves. */
function byName(table: Table): boolean {
  return table.format === undefined || table.format === 'json';
}

function usageOf(scan: ScanRelation, above: CalcRelation | undefined): Map<string, Usage> {
  const usage = new Map<string, Usage>();
  if (above?.project) {
    for (const { expr } of above.project) addUsage(expr, usage);
    if (above.filter) addUsage(above.filter, usage);
  } else for (const field of scan.fields) usage.set(field.name, true);
  return usage;
}

function allUsage(uses: readonly Use[], watermark: TableWatermark | undefined): Map<string, Usage> {
  const usage = new Map<string, Usage>();
  for (const use of uses) for (const [name, used] of use.usage) mergeUsage(usage, name, used);
  if (watermark) {
    addUsage(watermark.expr, usage);
    for (const { expr } of watermark.computed) addUsage(expr, usage);
  }
  return usage;
}

function mergeUsage(into: Map<string, Usage>, name: string, used: Usage): void {
  const before = into.get(name);
  if (used === true || before === true) {
    into.set(name, true);
    return;
  }
  const merged = new Map(before);
  for (const [field, inner] of used) mergeUsage(merged, field, inner);
  into.set(name, merged);
}

function sourceKey(relation: ScanRelation): string {
  return digest([relation.table.name, relation.options]);
}

export function inputsOf(relation: Relation): readonly Relation[] {
  switch (relation.kind) {
    case 'scan':
    case 'values':
      return [];
    case 'union':
      return relation.inputs;
    case 'join':
      return [relation.left, relation.right];
    default:
      return [relation.input];
  }
}

/** Steps that wait for a watermark. */
function usesEventTime(relation: Relation, lowering: Lowering): boolean {
  if (relation.kind === 'windowAssign') return !relation.processingTime;
  if (relation.kind === 'join') {
    const kind = lowering.traits.joinKind(relation);
    return kind.kind !== 'regular' && !kind.processingTime;
  }
  if (relation.kind === 'match') return !relation.processingTime;
  if (relation.kind === 'over' || relation.kind === 'rank' || relation.kind === 'sort') {
    const input = lowering.traits.of(relation.input);
    if (relation.kind === 'rank' && lowering.traits.isWindowRank(relation.partitionBy, input)) return true;
    return relation.orderBy.some((key) => input.time.get(key.column) === 'rowtime');
  }
  return (
    relation.kind === 'calc' && JSON.stringify([relation.project, relation.filter]).includes('"CURRENT_WATERMARK"')
  );
}

/** What can be checked on decoded columns without ever failing. */
const TOTAL = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'AND',
  'OR',
  'NOT',
  'IS NULL',
  'IS NOT NULL',
  'IS TRUE',
  'IS FALSE',
  'IS NOT TRUE',
  'IS NOT FALSE',
  'LIKE',
  'IN',
  'FIELD',
]);

function decodable(filter: Expr | undefined, table: Table): Expr | undefined {
  const physical = new Set(
    table.columns.flatMap((c) => (c.kind === 'physical' && !inFolder(table, c.field.name) ? [c.field.name] : [])),
  );
  const total = (expr: Expr): boolean => {
    if (expr.op === 'literal') return true;
    if (expr.op === 'column') return physical.has(expr.name);
    return TOTAL.has(expr.fn) && expr.args.every(total);
  };
  return allOf(conjuncts(filter).filter(total));
}

/** Conditions on columns of PARTITIONED BY, whatever they compute: what fails is left to the step that checks them. */
function aboutFolders(filter: Expr | undefined, table: Table): Expr | undefined {
  if (table.partitionedBy.length === 0) return undefined;
  return allOf(
    conjuncts(filter).filter((part) => {
      const used = [...columnsOf(part)];
      return used.length > 0 && used.every((name) => inFolder(table, name)) && !isVolatile(part);
    }),
  );
}

/** What all readers of a table leave out, none of them reads. */
function partitionsOf(table: Table, uses: readonly Use[]): SourceSpec['partitions'] {
  const filters = uses.map((use) => use.folders);
  if (!filters.every((f) => f !== undefined)) return undefined;
  const filter = anyOf([...new Map(filters.map((f) => [digest(f), f])).values()]);
  if (!filter) return undefined;
  const used = columnsOf(filter);
  const columns = table.columns.flatMap((c) => (used.has(c.field.name) ? [c.field] : []));
  return { columns, filter };
}

/** JSON of a constant in memory: exact integers beyond 2^53 as {"bigint": text}, bytes as {"base64": text}. */
function jsonLiteral(expr: LiteralExpr): unknown {
  return expr.encoding ? { [expr.encoding]: expr.value } : expr.value;
}
