/** SHOW, DESCRIBE and SHOW CREATE: what the catalog holds, in the columns that Flink prints. */
import { aggregateNames } from '../../expr/aggregates/resolve.js';
import { functionNames } from '../../expr/functions/index.js';
import { type DataType, type Field, typeToString } from '../../record/types.js';
import type { Describe, QualifiedName, Show, ShowCreate, ShowLike } from '../ast/index.js';
import type { Environment } from '../bind/environment.js';
import { QueryBinder } from '../bind/query.js';
import { DEFAULT_CATALOG, type Namespace } from '../catalog/catalog.js';
import type { CatalogEntry, View } from '../catalog/table.js';
import { type Place, SqlError, unsupported } from '../error.js';
import { unparse } from '../unparse/index.js';
import { type Effect, listing } from './effect.js';
import { describeModel, modelOf } from './models.js';
import { showPartitions } from './partitions.js';

/** What SHOW … lists; throws for what isn't there. */
export function show(env: Environment, node: Show): Effect {
  const { catalog } = env;
  const one = (column: string, names: Iterable<string>) =>
    listing(
      [column],
      [...names].filter((name) => isLike(name, node.like)).map((name) => [name]),
    );
  switch (node.object) {
    case 'TABLES':
      return one('table name', catalog.namesIn(namespace(env, node)));
    case 'VIEWS':
      return one('view name', catalog.namesIn(namespace(env, node), 'view'));
    case 'DATABASES': {
      const name = node.from?.parts[0].name ?? catalog.current.catalog;
      if (!catalog.databases.has(name)) throw unknownName('catalog', name, node.span, catalog.databases.keys());
      return one('database name', [...catalog.databases.get(name)!.keys()].sort());
    }
    case 'CATALOGS':
      return one('catalog name', [...catalog.databases.keys()].sort());
    case 'CURRENT CATALOG':
      return one('current catalog name', [catalog.current.catalog]);
    case 'CURRENT DATABASE':
      return one('current database name', [catalog.current.database]);
    case 'USER FUNCTIONS':
      return one('function name', [...catalog.functions.values()].map((f) => f.name).sort());
    case 'FUNCTIONS': {
      const own = [...catalog.functions.values()].map((f) => f.name);
      return one('function name', [...new Set([...builtInNames(), ...own])].sort());
    }
    case 'MODELS':
      return one('model name', [...catalog.models.keys()].sort());
    case 'MODULES':
    case 'FULL MODULES':
      return node.object === 'MODULES'
        ? one('module name', ['core'])
        : listing(['module name', 'used'], [['core', 'TRUE']]);
    case 'JARS':
      return one('jars', []);
    case 'PROCEDURES':
      return one('procedure name', []);
    case 'COLUMNS': {
      const entry = entryOf(env, node.from!);
      return listing(
        DESCRIBED,
        describedRows(env, entry).filter((row) => isLike(row[0] ?? '', node.like)),
      );
    }
    case 'PARTITIONS': {
      const entry = entryOf(env, node.from!);
      if (entry.kind === 'view') throw new SqlError('TW2004', `'${entry.name}' is a view`, node.from!.span);
      return showPartitions(entry, node);
    }
    default:
      throw unsupported(`SHOW ${node.object}`, node.span);
  }
}

/** Names that are words; operators have none in SHOW FUNCTIONS, as in Flink. */
export function builtInNames(): string[] {
  return [...functionNames(), ...aggregateNames()].filter((n) => /^[A-Z]\w*$/.test(n)).map((n) => n.toLowerCase());
}

function namespace(env: Environment, node: Show): Namespace {
  return node.from ? env.catalog.databaseOf(node.from) : env.catalog.current;
}

const DESCRIBED = ['name', 'type', 'null', 'key', 'extras', 'watermark'];

/** DESCRIBE of tables and views; of functions, databases and catalogs what there is to say. */
export function describe(env: Environment, node: Describe): Effect {
  const { catalog } = env;
  switch (node.object) {
    case 'TABLE':
    case 'VIEW':
      return listing(DESCRIBED, describedRows(env, entryOf(env, node.name)));
    case 'DATABASE': {
      const found = catalog.databaseOf(node.name);
      const { comment } = catalog.databases.get(found.catalog)!.get(found.database)!;
      const rows = [
        ['Name', found.database],
        ['Catalog', found.catalog],
        ['Description', comment ?? ''],
      ];
      return listing(['database description item', 'database description value'], rows);
    }
    case 'CATALOG': {
      const name = node.name.parts[0].name;
      if (!catalog.databases.has(name)) throw unknownName('catalog', name, node.name.span, catalog.databases.keys());
      const type = name === DEFAULT_CATALOG ? 'generic_in_memory' : 'generic_in_memory';
      return listing(
        ['info name', 'info value'],
        [
          ['name', name],
          ['type', type],
        ],
      );
    }
    case 'FUNCTION': {
      const name = node.name.parts.at(-1)!.name;
      const found = catalog.functions.get(name.toUpperCase());
      if (!found && !builtInNames().includes(name.toLowerCase()))
        throw unknownName('function', name, node.name.span, [...builtInNames(), ...catalog.functions.keys()]);
      return listing(
        ['info name', 'info value'],
        [
          ['is system function', String(!found)],
          ['function language', found ? 'JAVASCRIPT' : 'built in'],
          ...(found
            ? [
                [
                  'signature',
                  `${found.name}(${found.parameters.map((p) => `${p.name} ${typeToString(p.type)}`).join(', ')})`,
                ],
              ]
            : []),
        ],
      );
    }
    case 'MODEL':
      return describeModel(catalog, node);
    default:
      throw unsupported(`DESCRIBE ${node.object}`, node.span);
  }
}

function describedRows(env: Environment, entry: CatalogEntry): (string | null)[][] {
  if (entry.kind === 'view') {
    return viewFields(env, entry).map((f) => [f.name, plain(f.type), flag(f.type.nullable), null, null, null]);
  }
  const { watermark } = entry;
  const statement = entry.statement.elements;
  return entry.columns.map((c) => {
    const { name, type } = c.field;
    const declared = statement.find((e) => 'name' in e && e.kind !== 'PrimaryKey' && e.name?.name === name);
    let extras: string | null = null;
    if (c.kind === 'metadata') {
      const from = c.key === name ? '' : ` FROM '${c.key}'`;
      extras = `METADATA${from}${c.virtual ? ' VIRTUAL' : ''}`;
    } else if (declared?.kind === 'ComputedColumn') extras = `AS ${unparse(declared.value)}`;
    const mark = statement.find((e) => e.kind === 'Watermark');
    const time =
      watermark?.column === name ? ' *ROWTIME*' : c.kind === 'computed' && c.processingTime ? ' *PROCTIME*' : '';
    return [
      name,
      plain(type) + time,
      flag(type.nullable),
      entry.primaryKey?.includes(name) ? `PRI(${entry.primaryKey.join(', ')})` : null,
      extras,
      watermark?.column === name && mark?.kind === 'Watermark' ? unparse(mark.value) : null,
    ];
  });
}

/** Columns of a view. */
export function viewFields(env: Environment, view: View): Field[] {
  const query = env.catalog.within(view.madeIn, () => new QueryBinder(env, view.name, undefined).query(view.query));
  const names = view.columns.length > 0 ? view.columns : query.names;
  return query.relation.fields.map((f, i) => ({ ...f, name: names[i] }));
}

function plain(type: DataType): string {
  return typeToString({ ...type, nullable: true });
}

function flag(nullable: boolean): string {
  return nullable ? 'TRUE' : 'FALSE';
}

export function showCreate(env: Environment, node: ShowCreate): Effect {
  const { catalog } = env;
  switch (node.object) {
    case 'TABLE':
    case 'VIEW': {
      const entry = entryOf(env, node.name);
      const object = node.object.toLowerCase();
      if (entry.kind !== object) {
        throw new SqlError('TW2004', `'${entry.name}' is a ${entry.kind}`, node.name.span, {
          expected: `SHOW CREATE ${entry.kind.toUpperCase()}`,
        });
      }
      const flags = { temporary: catalog.isTemporary(entry.name), orReplace: false, ifNotExists: false };
      return { kind: 'text', text: unparse({ ...entry.statement, ...flags }) };
    }
    case 'CATALOG': {
      const name = node.name.parts.at(-1)!.name;
      if (!catalog.databases.has(name)) throw unknownName('catalog', name, node.name.span, catalog.databases.keys());
      return { kind: 'text', text: `CREATE CATALOG \`${name}\` WITH (\n  'type' = 'generic_in_memory'\n)` };
    }
    case 'DATABASE': {
      const found = catalog.databaseOf(node.name);
      return { kind: 'text', text: `CREATE DATABASE \`${found.database}\`` };
    }
    case 'FUNCTION': {
      const name = node.name.parts.at(-1)!.name;
      const found = catalog.functions.get(name.toUpperCase());
      if (!found) throw unknownName('function', name, node.name.span, catalog.functions.keys());
      return { kind: 'text', text: unparse({ ...found.statement, orReplace: false, ifNotExists: false }) };
    }
    case 'MODEL': {
      const { statement } = modelOf(catalog, node.name);
      return { kind: 'text', text: unparse({ ...statement, orReplace: false, ifNotExists: false }) };
    }
    default:
      throw unsupported(`SHOW CREATE ${node.object}`, node.span);
  }
}

function entryOf(env: Environment, name: QualifiedName): CatalogEntry {
  const entry = env.catalog.find(name);
  if (entry) return entry;
  throw unknownName('table', name.parts.map((p) => p.name).join('.'), name.span, env.catalog.names());
}

export function unknownName(what: string, name: string, at: Place, known: Iterable<string>): SqlError {
  return new SqlError('TW2002', `unknown ${what} '${name}'`, at, { name, known });
}

/** LIKE with % and _ of SHOW. */
function isLike(name: string, like: ShowLike | undefined): boolean {
  if (!like) return true;
  const pattern = like.pattern
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${pattern}$`, like.ignoreCase ? 'is' : 's').test(name) !== like.negated;
}
