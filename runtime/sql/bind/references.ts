/** Which tables, views and WITH names a piece of a script reads, and how often. */
import type { Query, Statement } from '../ast/index.js';
import type { Relation } from '../plan/relation.js';

/** By the last part of the name. WITH names of the piece itself are counted like others. */
export function referencedTables(node: Query | Statement): Map<string, number> {
  const counts = new Map<string, number>();
  const visit = (value: Readonly<Record<string, unknown>>): void => {
    const name = tableName(value);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const key in value) {
      const part = value[key];
      if (typeof part !== 'object' || part === null) continue;
      if (!Array.isArray(part)) {
        if (readsTables(part)) visit(part as Record<string, unknown>);
      } else for (const item of part) if (readsTables(item)) visit(item);
    }
  };
  visit(node as object as Record<string, unknown>);
  return counts;
}

function readsTables(part: unknown): boolean {
  const { kind } = part as { kind?: string };
  return kind !== undefined && !LEAVES.has(kind);
}

/** Nodes that no table is read in: most of the tree. Spans and texts have no kind. */
const LEAVES: ReadonlySet<string> = new Set([
  'Identifier',
  'QualifiedName',
  'ColumnRef',
  'Star',
  'StringLiteral',
  'NumberLiteral',
  'BooleanLiteral',
  'NullLiteral',
  'BinaryLiteral',
  'DatetimeLiteral',
  'IntervalLiteral',
]);

function tableName(node: Record<string, unknown>): string | undefined {
  const name =
    node.kind === 'TableRef' || node.kind === 'TableQuery'
      ? node.name
      : node.kind === 'TableArgument'
        ? node.table
        : undefined;
  return (name as { parts: { name: string }[] } | undefined)?.parts.at(-1)?.name;
}

/** Views that the queries of a script read more than once, directly or through other views. */
export function sharedViews(statements: readonly Statement[]): Set<string> {
  const views = new Map<string, Map<string, number>>();
  const uses = new Map<string, number>();
  const add = (name: string, times: number, depth: number) => {
    uses.set(name, (uses.get(name) ?? 0) + times);
    if (depth < 50) for (const [inner, n] of views.get(name) ?? []) add(inner, n * times, depth + 1);
  };
  for (const statement of statements) {
    if (statement.kind === 'CreateView') {
      views.set(statement.name.parts.at(-1)!.name, referencedTables(statement.query));
    } else if (
      statement.kind === 'Insert' ||
      statement.kind === 'Query' ||
      statement.kind === 'StatementSet' ||
      statement.kind === 'CreateTable'
    ) {
      const reads = statement.kind === 'CreateTable' ? statement.query : statement;
      if (reads) for (const [name, times] of referencedTables(reads)) add(name, times, 0);
    }
  }
  return new Set([...uses].filter(([name, times]) => times > 1 && views.has(name)).map(([name]) => name));
}

const KEEPS_STATE = new Set<Relation['kind']>(['aggregate', 'join', 'rank', 'sort', 'normalize', 'match', 'step']);

/**
 * Marks what keeps state in a relation that several queries read: it stays as it is written for all of them, so that it runs
 * once, and its state doesn't depend on who reads it.
 */
export function markShared(relation: Relation): Relation {
  const shared = KEEPS_STATE.has(relation.kind) ? { shared: true } : {};
  switch (relation.kind) {
    case 'scan':
    case 'values':
      return relation;
    case 'union':
      return { ...relation, inputs: relation.inputs.map(markShared) };
    case 'join':
      return { ...relation, ...shared, left: markShared(relation.left), right: markShared(relation.right) };
    default:
      return { ...relation, ...shared, input: markShared(relation.input) };
  }
}
