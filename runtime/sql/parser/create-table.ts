import type {
  CreateTable,
  Distribution,
  LikeClause,
  LikeFeature,
  LikeRule,
  PrimaryKey,
  TableColumn,
  TableElement,
  Watermark,
} from '../ast/create-table.js';
import type { Identifier } from '../ast/identifier.js';
import type { Cursor } from './cursor.js';
import { parseExpression } from './expression.js';
import { parseOptions } from './hint.js';
import { parsePlainString } from './literal.js';
import { parseQuery } from './query.js';
import { parseType } from './type.js';

type Start = Cursor['token'];

/** `IF NOT EXISTS`. */
export function parseIfNotExists(c: Cursor): boolean {
  if (!c.are('IF', 'NOT')) return false;
  c.expect('IF', 'NOT', 'EXISTS');
  return true;
}

/** CREATE … TABLE, from the name on; `start` is the word CREATE. */
export function parseCreateTable(c: Cursor, start: Start, temporary: boolean, orReplace: boolean): CreateTable {
  const ifNotExists = parseIfNotExists(c);
  const name = c.qualifiedName('the name of the table');
  const elements = c.is('(') ? c.list(() => parseElement(c)).flat() : [];
  let comment: string | undefined;
  let distribution: Distribution | undefined;
  let partitionedBy: readonly Identifier[] = [];
  let options: CreateTable['options'] = [];
  let like: LikeClause | undefined;
  let query: CreateTable['query'];
  const seen = new Set<string>();
  for (;;) {
    const place = c.token;
    const clause = c.acceptOneOf(['COMMENT', 'DISTRIBUTED', 'PARTITIONED', 'WITH', 'LIKE', 'AS']);
    if (!clause) break;
    if (seen.has(clause)) c.fail(`${clause} is given twice`, { place });
    seen.add(clause);
    if (clause === 'COMMENT') comment = parsePlainString(c);
    else if (clause === 'DISTRIBUTED') distribution = parseDistribution(c, place);
    else if (clause === 'PARTITIONED') {
      c.expect('BY');
      partitionedBy = c.nameList();
    } else if (clause === 'WITH') options = parseOptions(c);
    else if (clause === 'LIKE') like = parseLike(c);
    else {
      query = parseQuery(c);
      break;
    }
  }
  if (like && query) c.fail('a table is made LIKE another or AS a query, not both', { place: start });
  return {
    kind: 'CreateTable',
    temporary,
    orReplace,
    ifNotExists,
    name,
    elements,
    comment,
    distribution,
    partitionedBy,
    options,
    like,
    query,
    span: c.since(start),
  };
}

/** One element in the parentheses; a column with an inline key gives two. */
export function parseElement(c: Cursor): TableElement[] {
  const start = c.token;
  if (c.acceptAll('WATERMARK', 'FOR')) return [parseWatermark(c, start)];
  if (c.accept('CONSTRAINT')) {
    const name = c.name('the name of the constraint');
    if (c.is('UNIQUE')) c.failUnsupported('UNIQUE');
    return [parseKey(c, start, name)];
  }
  if (c.is('PRIMARY')) return [parseKey(c, start)];
  if (c.is('UNIQUE')) c.failUnsupported('UNIQUE');
  return parseColumn(c);
}

function parseWatermark(c: Cursor, start: Start): Watermark {
  const column = c.qualifiedName('a column');
  c.expect('AS');
  const value = parseExpression(c);
  return { kind: 'Watermark', column, value, span: c.since(start) };
}

function parseKey(c: Cursor, start: Start, name?: Identifier): PrimaryKey {
  c.expect('PRIMARY', 'KEY');
  const columns = c.nameList();
  const enforced = parseEnforced(c);
  return { kind: 'PrimaryKey', name, columns, enforced, span: c.since(start) };
}

/** Enforced is what SQL means where nothing is written. */
function parseEnforced(c: Cursor): boolean {
  if (c.acceptAll('NOT', 'ENFORCED')) return false;
  c.accept('ENFORCED');
  return true;
}

function parseColumn(c: Cursor): TableElement[] {
  const start = c.token;
  const name = c.name('a column');
  if (c.is(',') || c.is(')')) return [{ kind: 'ColumnName', name, span: name.span }];
  if (c.accept('AS')) {
    const value = parseExpression(c);
    const comment = parseComment(c);
    return [{ kind: 'ComputedColumn', name, value, comment, span: c.since(start) }];
  }
  const type = parseType(c);
  if (!c.is('METADATA')) return parsePhysicalColumn(c, start, name, type);
  c.advance();
  const from = c.accept('FROM') ? parsePlainString(c, "the metadata's key in quotes") : undefined;
  const virtual = c.accept('VIRTUAL');
  const comment = parseComment(c);
  return [{ kind: 'MetadataColumn', name, type, from, virtual, comment, span: c.since(start) }];
}

function parseComment(c: Cursor): string | undefined {
  return c.accept('COMMENT') ? parsePlainString(c) : undefined;
}

function parsePhysicalColumn(
  c: Cursor,
  start: Start,
  name: Identifier,
  type: Extract<TableColumn, { type: unknown }>['type'],
): TableElement[] {
  let comment = parseComment(c);
  let key: PrimaryKey | undefined;
  const place = c.token;
  const constraint = c.accept('CONSTRAINT') ? c.name('the name of the constraint') : undefined;
  if (c.acceptAll('PRIMARY', 'KEY')) {
    const enforced = parseEnforced(c);
    key = { kind: 'PrimaryKey', name: constraint, columns: [name], enforced, span: c.since(place) };
  } else if (constraint) c.failExpecting(['PRIMARY KEY']);
  if (c.is('UNIQUE')) c.failUnsupported('UNIQUE');
  if (c.is('DEFAULT')) c.failUnsupported('a DEFAULT value of a column');
  comment ??= parseComment(c);
  const column: TableColumn = { kind: 'PhysicalColumn', name, type, comment, span: c.since(start) };
  return key ? [column, key] : [column];
}

/** Behind the word DISTRIBUTED, or DISTRIBUTION in ALTER TABLE, which is at `start`. */
export function parseDistribution(c: Cursor, start: Start): Distribution {
  let method: Distribution['method'];
  let columns: readonly Identifier[] = [];
  let buckets: number | undefined;
  if (c.accept('BY')) {
    method = c.acceptOneOf(['HASH', 'RANGE']);
    columns = c.nameList();
  }
  if (columns.length === 0 || c.is('INTO')) {
    c.expect('INTO');
    buckets = c.integer('the number of buckets');
    c.expect('BUCKETS');
  }
  return { kind: 'Distribution', method, columns, buckets, span: c.since(start) };
}

const LIKE_FEATURES: readonly LikeFeature[] = [
  'ALL',
  'CONSTRAINTS',
  'DISTRIBUTION',
  'GENERATED',
  'METADATA',
  'OPTIONS',
  'PARTITIONS',
  'WATERMARKS',
];

function parseLike(c: Cursor): LikeClause {
  const start = c.previous;
  const source = c.qualifiedName('a table');
  const rules: LikeRule[] = [];
  if (c.is('(')) {
    const open = c.advance();
    while (!c.is(')')) rules.push(parseLikeRule(c));
    c.expectClose(open);
  }
  return { kind: 'LikeClause', source, rules, span: c.since(start) };
}

function parseLikeRule(c: Cursor): LikeRule {
  const start = c.token;
  const strategy = c.expectOneOf(['INCLUDING', 'EXCLUDING', 'OVERWRITING']);
  const feature = c.expectOneOf(LIKE_FEATURES);
  return { kind: 'LikeRule', strategy, feature, span: c.since(start) };
}
