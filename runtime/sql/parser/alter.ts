import type {
  AddElements,
  AlteredElement,
  AlterTableAction,
  ColumnPosition,
  ModifyElements,
  PartitionSpec,
  RenameTo,
  ResetOptions,
  SetOptions,
} from '../ast/alter.js';
import type { Statement } from '../ast/statement.js';
import { parseDistribution, parseElement } from './create-table.js';
import type { Cursor } from './cursor.js';
import { parseOptions } from './hint.js';
import { parsePartition } from './insert.js';
import { parsePlainString } from './literal.js';
import { parseQuery } from './query.js';

type Start = Cursor['token'];

/** `IF EXISTS`. */
export function parseIfExists(c: Cursor): boolean {
  if (!c.are('IF', 'EXISTS')) return false;
  c.expect('IF', 'EXISTS');
  return true;
}

/** Everything that starts with ALTER. */
export function parseAlter(c: Cursor): Statement {
  const start = c.token;
  c.expect('ALTER');
  const temporary = c.are('TEMPORARY') && c.accept('TEMPORARY');
  const system = temporary && c.accept('SYSTEM');
  if (c.is('MATERIALIZED')) c.failUnsupported('ALTER MATERIALIZED TABLE');
  if (temporary) c.expect('FUNCTION');
  const objects = ['TABLE', 'VIEW', 'DATABASE', 'CATALOG', 'FUNCTION', 'MODEL'] as const;
  const object = temporary ? 'FUNCTION' : c.acceptOneOf(objects);
  switch (object) {
    case 'TABLE': {
      const ifExists = parseIfExists(c);
      const name = c.qualifiedName('a table');
      const action = parseTableAction(c);
      return { kind: 'AlterTable', ifExists, name, action, span: c.since(start) };
    }
    case 'VIEW':
      return parseAlterView(c, start);
    case 'DATABASE': {
      const name = c.qualifiedName('a database');
      const action = parseSet(c) ?? c.failExpecting(['SET']);
      return { kind: 'AlterDatabase', name, action, span: c.since(start) };
    }
    case 'CATALOG':
      return parseAlterCatalog(c, start);
    case 'FUNCTION':
      return parseAlterFunction(c, start, temporary, system);
    case 'MODEL': {
      const ifExists = parseIfExists(c);
      const name = c.qualifiedName('a model');
      const action = parseRenameTo(c) ?? parseSet(c) ?? parseReset(c) ?? c.failExpecting(['RENAME TO', 'SET', 'RESET']);
      return { kind: 'AlterModel', ifExists, name, action, span: c.since(start) };
    }
    default:
      return c.failExpecting(objects, objects);
  }
}

function parseAlterView(c: Cursor, start: Start): Statement {
  const ifExists = parseIfExists(c);
  const name = c.qualifiedName('a view');
  if (c.accept('AS')) {
    const query = parseQuery(c);
    return { kind: 'AlterView', ifExists, name, query, span: c.since(start) };
  }
  const rename = (parseRenameTo(c) ?? c.failExpecting(['RENAME TO', 'AS'])).name;
  return { kind: 'AlterView', ifExists, name, rename, span: c.since(start) };
}

function parseAlterCatalog(c: Cursor, start: Start): Statement {
  const name = c.name('a catalog');
  const place = c.token;
  if (c.accept('COMMENT')) {
    const comment = parsePlainString(c);
    const action = { kind: 'SetComment', comment, span: c.since(place) } as const;
    return { kind: 'AlterCatalog', name, action, span: c.since(start) };
  }
  const action = parseSet(c) ?? parseReset(c) ?? c.failExpecting(['SET', 'RESET', 'COMMENT']);
  return { kind: 'AlterCatalog', name, action, span: c.since(start) };
}

function parseAlterFunction(c: Cursor, start: Start, temporary: boolean, system: boolean): Statement {
  const ifExists = parseIfExists(c);
  const name = c.qualifiedName('a function');
  c.expect('AS');
  const definition = parsePlainString(c, "the function's source or class in quotes");
  const language = c.accept('LANGUAGE') ? c.name('a language, as JAVASCRIPT').name.toUpperCase() : undefined;
  const span = c.since(start);
  return { kind: 'AlterFunction', temporary, system, ifExists, name, definition, language, span };
}

function parseRenameTo(c: Cursor): RenameTo | undefined {
  const start = c.token;
  if (!c.acceptAll('RENAME', 'TO')) return undefined;
  const name = c.qualifiedName('the new name');
  return { kind: 'RenameTo', name, span: c.since(start) };
}

function parseSet(c: Cursor): SetOptions | undefined {
  const start = c.token;
  if (!c.accept('SET')) return undefined;
  const options = parseOptions(c);
  return { kind: 'SetOptions', options, span: c.since(start) };
}

function parseReset(c: Cursor): ResetOptions | undefined {
  const start = c.token;
  if (!c.accept('RESET')) return undefined;
  const keys = c.list(() => parsePlainString(c, 'an option in quotes'));
  return { kind: 'ResetOptions', keys, span: c.since(start) };
}

function parseTableAction(c: Cursor): AlterTableAction {
  const start = c.token;
  const simple = parseRenameTo(c) ?? parseSet(c) ?? parseReset(c);
  if (simple) return simple;
  switch (c.token.upper) {
    case 'RENAME': {
      c.advance();
      const from = c.qualifiedName('a column');
      c.expect('TO');
      const to = c.name('the new name');
      return { kind: 'RenameColumn', from, to, span: c.since(start) };
    }
    case 'ADD':
      c.advance();
      return parseAddPartitions(c, start) ?? parseElements(c, start, 'AddElements');
    case 'MODIFY':
      c.advance();
      return parseElements(c, start, 'ModifyElements');
    case 'DROP':
      c.advance();
      return parseDropAction(c, start);
    default: {
      const actions = ['RENAME', 'SET', 'RESET', 'ADD', 'MODIFY', 'DROP'];
      return c.failExpecting(actions, actions);
    }
  }
}

function parseElements(
  c: Cursor,
  start: Start,
  kind: (AddElements | ModifyElements)['kind'],
): AddElements | ModifyElements {
  const elements = c.is('(') ? c.list(() => parseAltered(c)).flat() : parseAltered(c);
  return { kind, elements, span: c.since(start) };
}

function parseAltered(c: Cursor): AlteredElement[] {
  const start = c.token;
  if (/^(?:DISTRIBUTION|DISTRIBUTED)$/.test(start.upper) && /^(?:BY|INTO)$/.test(c.peek().upper)) {
    c.advance();
    return [{ kind: 'AlteredElement', element: parseDistribution(c, start), span: c.since(start) }];
  }
  const [first, ...others] = parseElement(c);
  const position = parsePosition(c);
  return [
    { kind: 'AlteredElement', element: first, position, span: c.since(start) },
    ...others.map((element) => ({ kind: 'AlteredElement', element, span: element.span }) as const),
  ];
}

function parsePosition(c: Cursor): ColumnPosition | undefined {
  const start = c.token;
  if (c.accept('FIRST')) return { kind: 'ColumnPosition', span: c.since(start) };
  if (!c.accept('AFTER')) return undefined;
  const after = c.qualifiedName('a column');
  return { kind: 'ColumnPosition', after, span: c.since(start) };
}

function parseAddPartitions(c: Cursor, start: Start): AlterTableAction | undefined {
  if (!c.are('PARTITION', '(') && !c.are('IF', 'NOT', 'EXISTS')) return undefined;
  const ifNotExists = c.acceptAll('IF', 'NOT', 'EXISTS');
  const partitions = [parsePartitionSpec(c)];
  while (c.is('PARTITION')) partitions.push(parsePartitionSpec(c));
  return { kind: 'AddPartitions', ifNotExists, partitions, span: c.since(start) };
}

function parsePartitionSpec(c: Cursor): PartitionSpec {
  const start = c.token;
  c.expect('PARTITION');
  const entries = parsePartition(c);
  const options = c.accept('WITH') ? parseOptions(c) : [];
  return { kind: 'PartitionSpec', entries, options, span: c.since(start) };
}

function parseDropAction(c: Cursor, start: Start): AlterTableAction {
  if (c.acceptAll('PRIMARY', 'KEY')) return { kind: 'DropPart', part: 'PRIMARY KEY', span: c.since(start) };
  const next = c.peek();
  const alone = next.type === 'end' || next.upper === ';';
  if (alone) {
    const part = c.acceptOneOf(['WATERMARK', 'DISTRIBUTION']);
    if (part) return { kind: 'DropPart', part, span: c.since(start) };
  }
  if (c.accept('CONSTRAINT')) {
    return { kind: 'DropConstraint', name: c.name('a constraint'), span: c.since(start) };
  }
  if (c.are('PARTITION', '(') || c.are('IF', 'EXISTS')) {
    const ifExists = parseIfExists(c);
    const partitions = c.commaSeparated(() => parsePartitionSpec(c));
    return { kind: 'DropPartitions', ifExists, partitions, span: c.since(start) };
  }
  const columns = c.is('(') ? c.list(() => c.qualifiedName('a column')) : [c.qualifiedName('a column')];
  return { kind: 'DropColumns', columns, span: c.since(start) };
}
