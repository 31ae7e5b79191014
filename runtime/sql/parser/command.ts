import type {
  CatalogObject,
  Describe,
  DescribeJob,
  Drop,
  Explain,
  ExplainDetail,
  ResetCommand,
  SetCommand,
  Show,
  ShowCreate,
  ShowLike,
  StopJob,
  Use,
} from '../ast/command.js';
import type { QualifiedName } from '../ast/identifier.js';
import { parseIfExists } from './alter.js';
import { type Cursor, nested } from './cursor.js';
import { parsePartition } from './insert.js';
import { parsePlainString } from './literal.js';
import { parseStatement } from './statement.js';

const OBJECTS = [
  'TABLE',
  'VIEW',
  'DATABASE',
  'CATALOG',
  'FUNCTION',
  'MODEL',
] as const satisfies readonly CatalogObject[];

/** Everything that starts with DROP. */
export function parseDrop(c: Cursor): Drop {
  const start = c.token;
  c.expect('DROP');
  const temporary = c.accept('TEMPORARY');
  const system = temporary && c.are('SYSTEM', 'FUNCTION') && c.accept('SYSTEM');
  if (c.is('MATERIALIZED')) c.failUnsupported('DROP MATERIALIZED TABLE');
  const object = c.acceptOneOf(OBJECTS) ?? c.failExpecting(OBJECTS, OBJECTS);
  const ifExists = parseIfExists(c);
  const name = c.qualifiedName(`a ${object.toLowerCase()}`);
  const behavior = object === 'DATABASE' ? c.acceptOneOf(['CASCADE', 'RESTRICT']) : undefined;
  return { kind: 'Drop', object, temporary, system, ifExists, name, behavior, span: c.since(start) };
}

/** DESCRIBE or DESC. */
export function parseDescribe(c: Cursor): Describe | DescribeJob {
  const start = c.advance();
  let object: CatalogObject = 'TABLE';
  if (c.is('JOB') && c.peek().type === 'string') {
    c.advance();
    return { kind: 'DescribeJob', id: parsePlainString(c, "a job's id in quotes"), span: c.since(start) };
  }
  // `DESCRIBE model` may be about a table of that name.
  if (c.is('TABLE') || c.isName(1)) object = c.acceptOneOf(OBJECTS) ?? 'TABLE';
  const extended = c.isName(1) && c.accept('EXTENDED');
  const name = c.qualifiedName(`a ${object.toLowerCase()}`);
  return { kind: 'Describe', object: object === 'VIEW' ? 'TABLE' : object, extended, name, span: c.since(start) };
}

/** `STOP JOB 'id' [WITH SAVEPOINT [WITH DRAIN]]`. */
export function parseStopJob(c: Cursor): StopJob {
  const start = c.token;
  c.expect('STOP', 'JOB');
  const id = parsePlainString(c, "a job's id in quotes");
  const savepoint = c.acceptAll('WITH', 'SAVEPOINT');
  const drain = savepoint && c.acceptAll('WITH', 'DRAIN');
  return { kind: 'StopJob', id, savepoint, drain, span: c.since(start) };
}

const SHOWN = [
  'TABLES',
  'VIEWS',
  'DATABASES',
  'CATALOGS',
  'FUNCTIONS',
  'MODELS',
  'MODULES',
  'PROCEDURES',
  'COLUMNS',
  'PARTITIONS',
  'JARS',
  'JOBS',
] as const;

/** Everything that starts with SHOW. */
export function parseShow(c: Cursor): Show | ShowCreate {
  const start = c.advance();
  const materialized =
    c.token.upper === 'MATERIALIZED' || (c.token.upper === 'CREATE' && c.peek().upper === 'MATERIALIZED');
  if (materialized) c.failUnsupported('SHOW for materialized tables');
  if (c.accept('CREATE')) {
    const object = c.acceptOneOf(OBJECTS) ?? c.failExpecting(OBJECTS, OBJECTS);
    return { kind: 'ShowCreate', object, name: c.qualifiedName(`a ${object.toLowerCase()}`), span: c.since(start) };
  }
  let object: Show['object'];
  if (c.accept('CURRENT')) object = `CURRENT ${c.expectOneOf(['CATALOG', 'DATABASE'])}`;
  else if (c.accept('USER')) {
    c.expect('FUNCTIONS');
    object = 'USER FUNCTIONS';
  } else if (c.accept('FULL')) {
    c.expect('MODULES');
    object = 'FULL MODULES';
  } else object = c.acceptOneOf(SHOWN) ?? c.failExpecting([], [...SHOWN, 'CREATE', 'CURRENT']);

  let from: QualifiedName | undefined;
  let partition: Show['partition'] = [];
  if (object === 'PARTITIONS') {
    from = c.qualifiedName('a table');
    if (c.accept('PARTITION')) partition = parsePartition(c);
  } else if (object === 'COLUMNS') {
    c.expectOneOf(['FROM', 'IN']);
    from = c.qualifiedName('a table');
  } else if (c.acceptOneOf(['FROM', 'IN'])) from = c.qualifiedName('a database or catalog');
  const like = parseShowLike(c);
  return { kind: 'Show', object, from, partition, like, span: c.since(start) };
}

function parseShowLike(c: Cursor): ShowLike | undefined {
  const start = c.token;
  const negated = c.accept('NOT');
  const word = c.acceptOneOf(['LIKE', 'ILIKE']);
  if (!word) return negated ? c.failExpecting(['LIKE', 'ILIKE']) : undefined;
  const pattern = parsePlainString(c, 'a pattern in quotes');
  return { kind: 'ShowLike', negated, ignoreCase: word === 'ILIKE', pattern, span: c.since(start) };
}

export function parseUse(c: Cursor): Use {
  const start = c.token;
  c.expect('USE');
  let object: Use['object'] = 'DATABASE';
  if (c.isName(1)) object = c.acceptOneOf(['CATALOG', 'MODULES', 'DATABASE']) ?? 'DATABASE';
  const what = object === 'MODULES' ? 'a module' : `a ${object.toLowerCase()}`;
  const names = [c.qualifiedName(what)];
  while (object === 'MODULES' && c.accept(',')) names.push(c.qualifiedName(what));
  return { kind: 'Use', object, names, span: c.since(start) };
}

export function parseSet(c: Cursor): SetCommand {
  const start = c.token;
  c.expect('SET');
  if (isStatementEnd(c)) return { kind: 'SetCommand', span: c.since(start) };
  const key = parsePlainString(c, "an option in quotes: SET 'key' = 'value'");
  const value = c.accept('=') ? parsePlainString(c, "the option's value in quotes") : undefined;
  return { kind: 'SetCommand', key, value, span: c.since(start) };
}

export function parseReset(c: Cursor): ResetCommand {
  const start = c.token;
  c.expect('RESET');
  const key = isStatementEnd(c) ? undefined : parsePlainString(c, "an option in quotes: RESET 'key'");
  return { kind: 'ResetCommand', key, span: c.since(start) };
}

function isStatementEnd(c: Cursor): boolean {
  return c.is(';') || c.atEnd();
}

const DETAILS: readonly ExplainDetail[] = ['ESTIMATED_COST', 'CHANGELOG_MODE', 'JSON_EXECUTION_PLAN', 'PLAN_ADVICE'];

export function parseExplain(c: Cursor): Explain {
  const start = c.token;
  c.expect('EXPLAIN');
  const details: ExplainDetail[] = [];
  if (!c.acceptAll('PLAN', 'FOR')) {
    const first = c.acceptOneOf(DETAILS);
    if (first) {
      details.push(first);
      while (c.accept(',')) details.push(c.expectOneOf(DETAILS));
    }
  }
  const statement = nested(c, parseStatement);
  return { kind: 'Explain', details, statement, span: c.since(start) };
}
