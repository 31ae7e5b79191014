/** CREATE TABLE … AS, and what a statement without its query is: for LIKE, ALTER and SHOW CREATE. */
import { typeToString } from '../../record/types.js';
import type { CreateTable, Identifier, Insert, PhysicalColumn, Span, TableElement } from '../ast/index.js';
import type { Environment } from '../bind/environment.js';
import { QueryBinder } from '../bind/query.js';
import { SqlError } from '../error.js';
import { parseType } from '../parser/index.js';

/** CREATE TABLE AS, taken apart: the table alone, and the INSERT that fills it. */
export interface TableAsQuery {
  readonly table: CreateTable;
  readonly insert: Insert;
}

/**
 * As in Flink: columns of the statement's own come first, then those of the query that aren't among them; a list of bare names
 * gives the query's columns another order.
 */
export function tableAsQuery(env: Environment, node: CreateTable): TableAsQuery {
  const query = node.query!;
  const bound = new QueryBinder(env, undefined, undefined).query(query);
  const seen = new Set<string>();
  const made = new Map<string, PhysicalColumn>();
  bound.names.forEach((name, i) => {
    if (seen.has(name)) throw new SqlError('TW2002', `two columns are named '${name}'`, query.span);
    seen.add(name);
    const { type } = bound.relation.fields[i];
    made.set(name, physicalColumn(name, typeToString(type), query.span));
  });
  const elements: TableElement[] = [];
  const own = new Set<string>();
  for (const element of node.elements) {
    if (element.kind === 'ColumnName') {
      const column = made.get(element.name.name);
      if (!column) {
        throw new SqlError('TW2002', `the query has no column '${element.name.name}'`, element.span, {
          name: element.name.name,
          known: seen,
        });
      }
      elements.push(column);
    } else elements.push(element);
    if ('name' in element && element.name && element.kind !== 'PrimaryKey') own.add(element.name.name);
  }
  if (node.elements.some((e) => e.kind === 'ColumnName') && own.size < made.size) {
    throw new SqlError('TW2004', `${own.size} names for the query's ${made.size} columns`, node.elements[0].span, {
      expected: 'all of them',
    });
  }
  const rest = [...made].flatMap(([name, column]) => (own.has(name) ? [] : [column]));
  const { query: _, ...table } = node;
  const columns = bound.names.map((name) => ({
    kind: 'QualifiedName' as const,
    parts: [identifier(name, query.span)],
    span: query.span,
  }));
  return {
    table: { ...table, elements: [...rest, ...elements].sort((a, b) => columnsFirst(a) - columnsFirst(b)) },
    insert: {
      kind: 'Insert',
      overwrite: false,
      target: node.name,
      hints: [],
      partition: [],
      columns,
      query,
      span: node.span,
    },
  };
}

/** Columns of the query, then those of the statement, then keys and watermarks. */
function columnsFirst(element: TableElement): number {
  return element.kind === 'PrimaryKey' || element.kind === 'Watermark' ? 1 : 0;
}

export function identifier(name: string, span: Span): Identifier {
  return { kind: 'Identifier', name, span };
}

export function physicalColumn(name: string, type: string, span: Span): PhysicalColumn {
  return { kind: 'PhysicalColumn', name: identifier(name, span), type: parseType(type), span };
}
