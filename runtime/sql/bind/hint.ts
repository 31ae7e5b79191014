/** Hints of SELECT and of tables: STATE_TTL and LOOKUP do something, those of Flink's batch joins are taken and need nothing here. */
import { parseDuration } from '../../time/duration.js';
import type { Hint, Join, Relation, Select } from '../ast/index.js';
import { SqlError } from '../error.js';
import type { JoinRelation } from '../plan/relation.js';
import type { QueryBinder } from './query.js';

/** How a join is done is the planner's business; the result is the same. */
const JOIN_HINTS = ['BROADCAST', 'SHUFFLE_HASH', 'SHUFFLE_MERGE', 'NEST_LOOP', 'MULTI_JOIN'];
const SELECT_HINTS = ['STATE_TTL', 'LOOKUP', ...JOIN_HINTS];
const LOOKUP_OPTIONS = [
  'table',
  'async',
  'output-mode',
  'capacity',
  'timeout',
  'retry-predicate',
  'retry-strategy',
  'fixed-delay',
  'max-attempts',
  'shuffle',
];

/** Throws for a hint that isn't known, and for one that names a table that isn't there. */
export function checkSelectHints(binder: QueryBinder, select: Select): void {
  const { hints } = select;
  const names = new Set<string>();
  if (hints.length > 0) collectNames(select, names);
  for (const hint of hints) {
    if (!SELECT_HINTS.includes(hint.name)) {
      if (hint.name === 'OPTIONS') {
        throw new SqlError('TW2004', 'hint OPTIONS belongs behind the name of a table', hint.span);
      }
      throw new SqlError('TW2002', `unknown hint ${hint.name}`, hint.span, { name: hint.name, known: SELECT_HINTS });
    }
    for (const { name, span } of tablesOf(hint)) {
      if (!names.has(name)) {
        throw new SqlError('TW2002', `hint ${hint.name} names '${name}', which is no table of this query`, span, {
          name,
          known: names,
        });
      }
    }
    if (hint.name === 'STATE_TTL') for (const { value, span } of hint.options) ttl(value, span);
    if (hint.name === 'STATE_TTL' && binder.env.batch)
      binder.env.warn('hint STATE_TTL has no effect in batch mode', hint.span);
  }
}

/** The tables that a hint names. */
function tablesOf(hint: Hint): { name: string; span: Hint['span'] }[] {
  if (hint.name === 'LOOKUP') {
    return hint.options.filter((o) => o.key === 'table').map((o) => ({ name: o.value, span: o.span }));
  }
  if (hint.name === 'STATE_TTL') return hint.options.map((o) => ({ name: o.key, span: o.span }));
  return hint.names.map((name) => ({ name, span: hint.span }));
}

/** Aliases and names of all tables, also of those in sub-queries. */
function collectNames(node: object, names: Set<string>): void {
  for (const part of Object.values(node)) {
    if (typeof part !== 'object' || part === null) continue;
    const { kind, name } = part as { kind?: string; name?: { name: string; parts?: { name: string }[] } };
    if (kind === 'TableAlias') names.add(name!.name);
    else if (kind === 'TableRef') {
      const parts = name!.parts!.map((p) => p.name);
      for (let from = 0; from < parts.length; from++) names.add(parts.slice(from).join('.'));
    }
    collectNames(part, names);
  }
}

/** Hints behind the name of a table, beside OPTIONS. */
export function checkTableHint(hint: Hint): void {
  if (hint.name === 'LOOKUP' || hint.name === 'STATE_TTL') {
    throw new SqlError('TW2004', `hint ${hint.name} belongs behind SELECT`, hint.span);
  }
  throw new SqlError('TW2002', `unknown hint ${hint.name}`, hint.span, { name: hint.name, known: ['OPTIONS'] });
}

/** STATE_TTL of the two sides of a join, by the names that these have in FROM. */
export function joinTtl(hints: readonly Hint[], node: Join): JoinRelation['ttl'] {
  const leftMs = ttlOf(hints, node.left);
  const rightMs = ttlOf(hints, node.right);
  if (leftMs === undefined && rightMs === undefined) return undefined;
  return { ...(leftMs === undefined ? {} : { leftMs }), ...(rightMs === undefined ? {} : { rightMs }) };
}

/** STATE_TTL of a GROUP BY over one table. */
export function groupTtl(hints: readonly Hint[], from: Relation): number | undefined {
  return ttlOf(hints, from);
}

function ttlOf(hints: readonly Hint[], relation: Relation): number | undefined {
  const names = namesOf(relation);
  for (const hint of hints) {
    if (hint.name !== 'STATE_TTL') continue;
    const option = hint.options.find((o) => names.includes(o.key));
    if (option) return ttl(option.value, option.span);
  }
  return undefined;
}

function namesOf(relation: Relation): string[] {
  if (relation.kind === 'Join') return [];
  const names = relation.alias ? [relation.alias.name.name] : [];
  if (relation.kind === 'TableRef') {
    names.push(relation.name.parts.map((p) => p.name).join('.'), relation.name.parts.at(-1)!.name);
  }
  return names;
}

function ttl(text: string, at: Hint['span']): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new SqlError('TW2003', (cause as Error).message, at, { cause });
  }
}

/** What LOOKUP hints say of a table, as options under `lookup.hint.`. `names`: those that the hint may name it by. */
export function lookupHint(hints: readonly Hint[], names: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const hint of hints) {
    if (hint.name !== 'LOOKUP') continue;
    const table = hint.options.find((o) => o.key === 'table');
    if (!table) throw new SqlError('TW2006', 'hint LOOKUP names no table', hint.span, { expected: "'table' = 'name'" });
    if (!names.includes(table.value)) continue;
    for (const { key, value, span } of hint.options) {
      if (!LOOKUP_OPTIONS.includes(key)) {
        throw new SqlError('TW2006', `hint LOOKUP has no option '${key}'`, span, { name: key, known: LOOKUP_OPTIONS });
      }
      // Rows always come out in order, which both modes of output allow.
      if (!['table', 'output-mode', 'retry-strategy', 'shuffle'].includes(key)) out[`lookup.hint.${key}`] = value;
    }
  }
  return out;
}
