import type { Argument, Call } from '../ast/call.js';
import type { Expression } from '../ast/expression.js';
import type { QualifiedName } from '../ast/identifier.js';
import type { FrameBound, OverClause, SortItem, WindowSpec } from '../ast/window.js';
import { RESERVED, RESERVED_FUNCTIONS } from '../parser/keywords.js';
import { expressionListText, expressionText } from './expression.js';
import { queryText } from './query.js';
import { clause, identifierText, list, nameListText, phrase, qualifiedText } from './text.js';

/** Names that read as something else than a plain call without their backticks. */
const SPECIAL = new Set(
  (
    'CAST TRY_CAST ROW EXTRACT TIMESTAMPADD TIMESTAMPDIFF OVERLAY POSITION TRIM JSON_VALUE JSON_QUERY JSON_EXISTS ' +
    'JSON_OBJECT JSON_ARRAY JSON_OBJECTAGG JSON_ARRAYAGG DESCRIPTOR ROLLUP CUBE'
  ).split(' '),
);

export function callText(call: Call): string {
  const inside = phrase(
    call.distinct && 'DISTINCT',
    list(call.args, argumentText),
    call.orderBy && inParentheses(call) && clause('ORDER BY', call.orderBy, sortItemText),
    inParentheses(call) && call.nullTreatment,
  );
  return phrase(
    call.semantics,
    `${functionNameText(call.name)}(${inside})`,
    !inParentheses(call) && call.nullTreatment,
    call.orderBy && !inParentheses(call) && `WITHIN GROUP (${clause('ORDER BY', call.orderBy, sortItemText)})`,
    filterText(call.filter),
    call.over && overText(call.over),
  );
}

/** ARRAY_AGG takes its order and its treatment of NULLs in the parentheses, the others behind them. */
function inParentheses(call: Call): boolean {
  return call.name.parts.length === 1 && call.name.parts[0].name.toUpperCase() === 'ARRAY_AGG';
}

/** Functions' names are reserved words more often than not; a call needs no backticks for them. */
function functionNameText(name: QualifiedName): string {
  const [first] = name.parts;
  const upper = first.name.toUpperCase();
  const callable = !RESERVED.has(upper) || RESERVED_FUNCTIONS.has(upper);
  const plain = name.parts.length === 1 && /^[A-Za-z_][A-Za-z0-9_]*$/.test(upper) && !SPECIAL.has(upper) && callable;
  return plain ? first.name : qualifiedText(name);
}

export function filterText(filter: Expression | undefined): string {
  return filter ? `FILTER (WHERE ${expressionText(filter)})` : '';
}

export function argumentText(argument: Argument): string {
  switch (argument.kind) {
    case 'NamedArgument':
      return `${identifierText(argument.name)} => ${argumentText(argument.value)}`;
    case 'TableArgument': {
      // Flink doesn't know TABLE (SELECT …), but needs no TABLE before PARTITION BY.
      const query = argument.query && `(${queryText(argument.query)})`;
      return phrase(
        (argument.partitionBy.length === 0 || !query) && 'TABLE',
        query ?? (argument.table && qualifiedText(argument.table)),
        argument.partitionBy.length > 0 && `PARTITION BY ${keysText(argument.partitionBy)}`,
        argument.orderBy.length > 0 && `ORDER BY (${list(argument.orderBy, sortItemText)})`,
      );
    }
    case 'DescriptorArgument':
      return `DESCRIPTOR${nameListText(argument.columns)}`;
    case 'ModelArgument':
      return `MODEL ${qualifiedText(argument.model)}`;
    case 'DefaultArgument':
      return 'DEFAULT';
    default:
      return expressionText(argument);
  }
}

/** Several keys stand in parentheses: a comma outside of them goes on to the next argument. */
function keysText(keys: readonly Expression[]): string {
  const [only] = keys;
  return keys.length === 1 && only.kind === 'ColumnRef' ? expressionText(only) : `(${expressionListText(keys)})`;
}

export function sortItemText(item: SortItem): string {
  return phrase(expressionText(item.value), item.descending && 'DESC', item.nulls && `NULLS ${item.nulls}`);
}

export function overText(over: OverClause): string {
  return `OVER ${over.kind === 'Identifier' ? identifierText(over) : windowSpecText(over)}`;
}

export function windowSpecText(spec: WindowSpec): string {
  const { frame } = spec;
  const inside = phrase(
    spec.base && identifierText(spec.base),
    clause('PARTITION BY', spec.partitionBy, (e) => expressionText(e)),
    clause('ORDER BY', spec.orderBy, sortItemText),
    frame && `${frame.unit} BETWEEN ${boundText(frame.start)} AND ${boundText(frame.end)}`,
  );
  return `(${inside})`;
}

function boundText(bound: FrameBound): string {
  // The bounds' AND would end an expression that has an AND of its own.
  return phrase(bound.offset && expressionText(bound.offset, 33), bound.bound);
}
