import type { QualifiedName } from '../ast/identifier.js';
import type { Delete, Insert, PartitionEntry, StatementSet, Truncate, Update } from '../ast/insert.js';
import type { Cursor } from './cursor.js';
import { parseExpression } from './expression.js';
import { parseHints } from './hint.js';
import { isQueryStart, parseQuery } from './query.js';
import { parseAlias } from './relation.js';

/** `INSERT INTO …`, `INSERT OVERWRITE …`. */
export function parseInsert(c: Cursor): Insert {
  const start = c.token;
  c.expect('INSERT');
  const overwrite = c.expectOneOf(['INTO', 'OVERWRITE']) === 'OVERWRITE';
  if (overwrite) c.accept('INTO');
  c.accept('TABLE');
  const target = c.qualifiedName('a table');
  const hints = parseHints(c);
  let partition: PartitionEntry[] = [];
  if (c.are('PARTITION', '(')) {
    c.expect('PARTITION');
    partition = parsePartition(c);
  }
  let columns: readonly QualifiedName[] | undefined;
  if (c.token.upper === '(' && c.peek().upper !== '(' && !isQueryStart(c, 1)) {
    columns = c.list(() => c.qualifiedName('a column'));
  }
  const query = parseQuery(c);
  if (c.are('ON', 'CONFLICT')) c.failUnsupported('ON CONFLICT');
  return { kind: 'Insert', overwrite, target, hints, partition, columns, query, span: c.since(start) };
}

/** `(day = '2024-01-01', hour)`. */
export function parsePartition(c: Cursor): PartitionEntry[] {
  return c.list(() => {
    const start = c.token;
    const column = c.name('a partition column');
    const value = c.accept('=') ? parseExpression(c) : undefined;
    return { kind: 'PartitionEntry', column, value, span: c.since(start) };
  });
}

/** `STATEMENT SET BEGIN insert; … END`, or with `BEGIN` before it and a semicolon behind; both from STATEMENT on. */
export function parseStatementSet(c: Cursor, start: Cursor['token']): StatementSet {
  c.expect('STATEMENT', 'SET');
  if (start.upper === 'BEGIN') c.expect(';');
  else c.expect('BEGIN');
  const statements: Insert[] = [];
  while (!c.is('END')) {
    if (c.accept(';')) continue;
    if (!c.is('INSERT')) c.failExpecting(['INSERT', 'END'], ['INSERT', 'END']);
    statements.push(parseInsert(c));
    if (!c.is('END')) c.expect(';');
  }
  if (statements.length === 0) c.failExpecting(['INSERT']);
  c.advance();
  return { kind: 'StatementSet', statements, span: c.since(start) };
}

export function parseDelete(c: Cursor): Delete {
  const start = c.token;
  c.expect('DELETE', 'FROM');
  const target = c.qualifiedName('a table');
  const alias = parseAlias(c);
  const where = c.accept('WHERE') ? parseExpression(c) : undefined;
  return { kind: 'Delete', target, alias, where, span: c.since(start) };
}

export function parseUpdate(c: Cursor): Update {
  const start = c.token;
  c.expect('UPDATE');
  const target = c.qualifiedName('a table');
  const alias = parseAlias(c);
  c.expect('SET');
  const assignments = c.commaSeparated(() => {
    const place = c.token;
    const column = c.name('a column');
    c.expect('=');
    const value = parseExpression(c);
    return { kind: 'Assignment', column, value, span: c.since(place) } as const;
  });
  const where = c.accept('WHERE') ? parseExpression(c) : undefined;
  return { kind: 'Update', target, alias, assignments, where, span: c.since(start) };
}

export function parseTruncate(c: Cursor): Truncate {
  const start = c.token;
  c.expect('TRUNCATE', 'TABLE');
  return { kind: 'Truncate', target: c.qualifiedName('a table'), span: c.since(start) };
}
