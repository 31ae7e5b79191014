/** What a binder knows besides the query: the catalog, the session, the job's mode. */
import { isAggregate } from '../../expr/aggregates/resolve.js';
import type { Query, Span } from '../ast/index.js';
import type { Catalog } from '../catalog/catalog.js';
import { SqlError, unsupported } from '../error.js';
import type { TraitsOf } from '../plan/traits.js';
import type { ExpressionContext } from './expression.js';
import type { Scope } from './scope.js';

export interface Environment {
  readonly catalog: Catalog;
  readonly traits: TraitsOf;
  readonly batch: boolean;
  readonly timeZone: string;
  /** Views that are read more than once. */
  readonly sharedViews: ReadonlySet<string>;
  readonly warn: (message: string, at: Span) => void;
}

/** The name of a WITH clause and what it sees itself. */
export interface CommonTables {
  readonly name: string;
  readonly query: Query;
  readonly columns: readonly string[];
  /** Read more than once. */
  readonly shared: boolean;
  readonly before?: CommonTables;
}

/** A function of Flink 2.3 that isn't here: watermarks that a connector makes itself. */
const NOT_HERE = /^SOURCE_WATERMARK$/i;
const OF_TABLES = /^(?:(?:TO|FROM)_CHANGELOG|ML_(?:PREDICT|EVALUATE|LEARN|DETECT_DRIFT))$/i;

/** An expression's surroundings where only columns and functions may stand; clauses add what else they take. */
export function plainContext(
  env: Pick<Environment, 'timeZone' | 'catalog'>,
  scope: Scope,
  clause: string,
): ExpressionContext {
  return {
    timeZone: env.timeZone,
    scope,
    clause,
    scriptFunction: (name) => env.catalog.functions.get(name.toUpperCase()),
    isAggregate: (name) => isAggregate(name) || env.catalog.functions.get(name.toUpperCase())?.kind === 'aggregate',
    unknownFunction: (name, message, suggestions, at) => {
      const upper = name.toUpperCase();
      if (NOT_HERE.test(name)) return unsupported(`The function ${upper}`, at);
      if (OF_TABLES.test(name)) {
        return new SqlError('TW2004', `${upper} makes a table, not a value`, at, {
          expected: `it in FROM: ${upper}(…)`,
        });
      }
      return new SqlError('TW2002', message, at, { name, known: [...suggestions, ...env.catalog.functions.keys()] });
    },
  };
}
