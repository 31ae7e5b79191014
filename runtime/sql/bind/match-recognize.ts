/** MATCH_RECOGNIZE: a pattern over ordered rows → a relation with one row a match. What Flink refuses is refused here. */
import type { Expr } from '../../expr/ir.js';
import type { AfterMatch, PatternStep } from '../../graph/pattern.js';
import type { Field } from '../../record/types.js';
import type { Expression, MatchRecognize, Pattern, PatternVariable } from '../ast/index.js';
import { SqlError, unsupported } from '../error.js';
import type { MatchRelation, SortKey } from '../plan/relation.js';
import { plainContext } from './environment.js';
import { ExpressionBinder } from './expression.js';
import { type BoundRelation, bindFrom } from './from.js';
import { PatternNames } from './pattern-names.js';
import { type QueryBinder, sortKey } from './query.js';
import { Scope } from './scope.js';

export function bindMatchRecognize(binder: QueryBinder, node: MatchRecognize): BoundRelation {
  const input = bindFrom(binder, node.input);
  refuseClauses(node);
  const plain = new ExpressionBinder(plainContext(binder.env, input.scope, 'PARTITION BY'));
  const partition = node.partitionBy.map((key) => ({ name: lastName(key), field: columnField(plain, key, input) }));
  const { orderBy, processingTime } = bindOrder(binder, node, input);
  const pattern = bindSteps(node);
  const variables = pattern.map((step) => step.variable);
  const names = new PatternNames(input.scope, variables, binder.env);

  const defines: { variable: string; condition: MatchRelation['defines'][number]['condition'] }[] = [];
  for (const { variable, condition } of node.defines) {
    const { name } = variable;
    if (defines.some((d) => d.variable === name)) {
      throw new SqlError('TW2002', `DEFINE has '${name}' twice`, variable.span);
    }
    const bound = names.condition(name, condition);
    if (variables.includes(name)) defines.push({ variable: name, condition: bound });
    else binder.env.warn(`'${name}' is defined, but the pattern does not use it`, variable.span);
  }
  const taken = new Set(partition.map((p) => p.name));
  const measures = node.measures.map(({ value, alias }) => {
    if (taken.has(alias.name)) {
      throw new SqlError('TW2002', `MATCH_RECOGNIZE makes '${alias.name}' twice`, alias.span, {
        expected: 'names of measures that differ from each other and from the columns of PARTITION BY',
      });
    }
    taken.add(alias.name);
    return { name: alias.name, ...names.measure(value) };
  });
  const fields: Field[] = [
    ...partition.map(({ field }) => field),
    ...measures.map(({ name, type }) => ({ name: measureField(name, partition), type })),
  ];
  const relation: MatchRelation = {
    kind: 'match',
    input: input.relation,
    partitionBy: partition.map(({ field }) => field.name),
    orderBy,
    processingTime,
    pattern,
    afterMatch: bindAfter(node, variables),
    ...withinOf(binder, node),
    defines,
    measures: measures.map(({ name, value }) => ({ name: measureField(name, partition), value })),
    fields,
    ...binder.origin(node.span),
  };
  const visible = [...partition.map((p) => p.name), ...measures.map((m) => m.name)];
  return { relation, scope: Scope.of(undefined, fields, visible) };
}

/** A measure may have the name of a partition column's field under the hood, when that one is visible under another. */
function measureField(name: string, partition: readonly { readonly field: Field }[]): string {
  return partition.some(({ field }) => field.name === name) ? `$measure_${name}` : name;
}

function refuseClauses(node: MatchRecognize): void {
  if (node.measures.length === 0) {
    throw new SqlError('TW2004', 'MATCH_RECOGNIZE without MEASURES', node.span, { expected: 'MEASURES … AS …' });
  }
  if (node.rowsPerMatch && node.rowsPerMatch !== 'ONE') {
    throw unsupported('ALL ROWS PER MATCH', node.span, 'ONE ROW PER MATCH');
  }
  if (node.anchoredStart || node.anchoredEnd) throw unsupported("'^' and '$' in PATTERN", node.pattern.span);
  if (node.subsets.length > 0) throw unsupported('SUBSET', node.subsets[0].span);
}

function lastName(node: Expression): string {
  return node.kind === 'ColumnRef' ? node.path[node.path.length - 1].name : '';
}

function columnField(binder: ExpressionBinder, node: Expression, input: BoundRelation): Field {
  const expr = node.kind === 'ColumnRef' ? binder.bind(node) : undefined;
  if (expr?.op === 'column') return input.relation.fields.find((f) => f.name === expr.name)!;
  throw new SqlError('TW2004', `${binder.context.clause} of MATCH_RECOGNIZE takes columns`, node.span, {
    expected: 'a column; compute it in a sub-query',
  });
}

function bindOrder(
  binder: QueryBinder,
  node: MatchRecognize,
  input: BoundRelation,
): { orderBy: SortKey[]; processingTime: boolean } {
  const columns = new ExpressionBinder(plainContext(binder.env, input.scope, 'ORDER BY'));
  const { time } = binder.env.traits.of(input.relation);
  const orderBy = node.orderBy.map((item) => sortKey(columnField(columns, item.value, input).name, item));
  const attribute = orderBy.length > 0 ? time.get(orderBy[0].column) : undefined;
  if (!attribute) {
    const known = [...time.keys()].filter((name) => !name.startsWith('$'));
    throw new SqlError(
      'TW2004',
      node.orderBy.length > 0
        ? 'ORDER BY of MATCH_RECOGNIZE does not begin with a time attribute'
        : 'MATCH_RECOGNIZE without ORDER BY',
      node.orderBy[0]?.span ?? node.span,
      { expected: known.length > 0 ? `ORDER BY ${known[0]}` : 'ORDER BY the column with the WATERMARK' },
    );
  }
  if (orderBy[0].descending) {
    throw new SqlError('TW2004', 'MATCH_RECOGNIZE takes rows in ascending order of time', node.orderBy[0].span, {
      expected: 'ASC',
    });
  }
  return { orderBy, processingTime: attribute === 'proctime' };
}

/** The pattern as steps. */
function bindSteps(node: MatchRecognize): PatternStep[] {
  const steps: PatternStep[] = [];
  const seen = new Set<string>();
  const add = ({ name }: PatternVariable, min: number, max: number | undefined, greedy: boolean) => {
    if (seen.has(name.name)) throw unsupported(`'${name.name}' more than once in PATTERN`, name.span);
    seen.add(name.name);
    steps.push({ variable: name.name, min, ...(max === undefined ? {} : { max }), greedy });
  };
  const visit = (part: Pattern): void => {
    switch (part.kind) {
      case 'PatternVariable':
        add(part, 1, 1, false);
        return;
      case 'PatternSequence':
        part.items.forEach(visit);
        return;
      case 'PatternQuantified': {
        const { item, min, max, greedy } = part;
        if (item.kind !== 'PatternVariable') throw unsupported('A quantifier behind a group', part.span);
        if (min === 0 && max === 1 && !greedy) throw unsupported("The reluctant '??'", part.span, "'?'");
        const before = steps[steps.length - 1];
        if (min === 0 && (max === undefined || max === 1) && before && wantsMore(before)) {
          throw unsupported(
            `'${item.name.name}', which may be left out, behind the greedy '${before.variable}'`,
            part.span,
            `a reluctant quantifier for '${before.variable}' ('*?', '+?')`,
          );
        }
        add(item, min, max, greedy);
        return;
      }
      case 'PatternAlternation':
        throw unsupported("'|' in PATTERN", part.span);
      case 'PatternExclusion':
        throw unsupported("'{- -}' in PATTERN", part.span);
      case 'PatternPermute':
        throw unsupported('PERMUTE', part.span);
      case 'PatternEmpty':
        throw unsupported("'()' in PATTERN", part.span);
    }
  };
  visit(node.pattern);
  if (steps.every((step) => step.min === 0)) {
    throw unsupported('A pattern that matches no row at all', node.pattern.span, 'at least one variable must be there');
  }
  const last = steps[steps.length - 1];
  if (wantsMore(last)) {
    throw unsupported(
      `A greedy quantifier at the end of the pattern ('${last.variable}')`,
      node.pattern.span,
      "a variable of one row behind it, or a reluctant quantifier ('*?', '+?')",
    );
  }
  return steps;
}

/** Greedy, with a number of rows that is not fixed. */
function wantsMore({ min, max, greedy }: PatternStep): boolean {
  return greedy && min !== max && !(min === 0 && max === 1);
}

function bindAfter({ afterMatch }: MatchRecognize, variables: readonly string[]): AfterMatch {
  if (!afterMatch) return { to: 'next row' };
  switch (afterMatch.skip) {
    case 'TO NEXT ROW':
      return { to: 'next row' };
    case 'PAST LAST ROW':
      return { to: 'past last row' };
    default: {
      const variable = afterMatch.variable!;
      if (!variables.includes(variable.name)) {
        throw new SqlError('TW2002', `the pattern has no variable '${variable.name}'`, variable.span, {
          name: variable.name,
          known: variables,
        });
      }
      return { to: afterMatch.skip === 'TO FIRST' ? 'first' : 'last', variable: variable.name };
    }
  }
}

function withinOf(binder: QueryBinder, { within }: MatchRecognize): { withinMs?: number } {
  if (!within) return {};
  const expr: Expr = new ExpressionBinder(plainContext(binder.env, new Scope([]), 'WITHIN')).bind(within);
  if (expr.op === 'literal' && expr.type.kind === 'INTERVAL_DAY_TIME' && typeof expr.value === 'number') {
    // As in Flink, nothing is no limit.
    return expr.value > 0 ? { withinMs: expr.value } : {};
  }
  throw new SqlError('TW2003', 'WITHIN', within.span, {
    expected: "a constant interval of days to milliseconds, like INTERVAL '1' HOUR",
  });
}
