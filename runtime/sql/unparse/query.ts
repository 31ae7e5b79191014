import type {
  CommonTable,
  GroupBy,
  GroupingElement,
  Hint,
  Query,
  QueryBody,
  Select,
  SelectItem,
  SetOperation,
} from '../ast/query.js';
import { sortItemText, windowSpecText } from './call.js';
import { expressionListText, expressionText } from './expression.js';
import { relationText } from './relation.js';
import {
  clause,
  identifierText,
  list,
  nameListText,
  nameText,
  optionText,
  phrase,
  qualifiedText,
  stringText,
} from './text.js';

export function queryText(query: Query): string {
  return phrase(
    clause(query.recursive ? 'WITH RECURSIVE' : 'WITH', query.with, commonTableText),
    bodyText(query.body),
    clause('ORDER BY', query.orderBy, sortItemText),
    query.limit && `LIMIT ${expressionText(query.limit)}`,
    query.offset && `OFFSET ${expressionText(query.offset)}`,
  );
}

function commonTableText(table: CommonTable): string {
  const columns = table.columns.length > 0 && nameListText(table.columns);
  return phrase(identifierText(table.name), columns, `AS (${queryText(table.query)})`);
}

function bodyText(body: QueryBody): string {
  switch (body.kind) {
    case 'Select':
      return selectText(body);
    case 'SetOperation':
      return setOperationText(body);
    case 'Values':
      return `VALUES ${list(body.rows, (row) => `(${expressionListText(row.items)})`)}`;
    case 'TableQuery':
      return `TABLE ${qualifiedText(body.name)}`;
    case 'Query':
      return `(${queryText(body)})`;
  }
}

function setPrecedence(body: QueryBody): number {
  if (body.kind !== 'SetOperation') return 3;
  return body.op === 'INTERSECT' ? 2 : 1;
}

/** Unions lean to the left and may be many: they are walked in a loop. */
function setOperationText(operation: SetOperation): string {
  const links: string[] = [];
  let body: QueryBody = operation;
  let least = 0;
  while (body.kind === 'SetOperation' && setPrecedence(body) >= least) {
    least = setPrecedence(body);
    links.push(phrase(body.op, body.all && 'ALL', termText(body.right, least + 1)));
    body = body.left;
  }
  links.push(termText(body, least));
  return links.reverse().join(' ');
}

function termText(body: QueryBody, least: number): string {
  return setPrecedence(body) < least ? `(${bodyText(body)})` : bodyText(body);
}

export function hintsText(hints: readonly Hint[]): string {
  return hints.length > 0 ? `/*+ ${list(hints, hintText)} */` : '';
}

/** A table's name as it stands in a hint; anything else is a string there. */
const HINT_NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

function hintNameText(name: string): string {
  const plain = HINT_NAME.test(name) && name.split('.').every((part) => nameText(part) === part);
  return plain ? name : stringText(name);
}

function hintText(hint: Hint): string {
  const inside = [...hint.options.map(optionText), ...hint.names.map(hintNameText)];
  return inside.length > 0 ? `${nameText(hint.name)}(${inside.join(', ')})` : nameText(hint.name);
}

function selectText(select: Select): string {
  return phrase(
    'SELECT',
    hintsText(select.hints),
    select.distinct && 'DISTINCT',
    list(select.items, selectItemText),
    select.from && `FROM ${relationText(select.from)}`,
    select.where && `WHERE ${expressionText(select.where)}`,
    select.groupBy && groupByText(select.groupBy),
    select.having && `HAVING ${expressionText(select.having)}`,
    clause('WINDOW', select.windows, (window) => `${identifierText(window.name)} AS ${windowSpecText(window.spec)}`),
    select.qualify && `QUALIFY ${expressionText(select.qualify)}`,
  );
}

function selectItemText(item: SelectItem): string {
  return phrase(expressionText(item.value), item.alias && `AS ${identifierText(item.alias)}`);
}

function groupByText(groupBy: GroupBy): string {
  return phrase('GROUP BY', groupBy.distinct && 'DISTINCT', list(groupBy.items, groupingText));
}

function groupingText(item: GroupingElement): string {
  switch (item.kind) {
    case 'GroupingSet': {
      const [only] = item.expressions;
      return item.expressions.length === 1 ? expressionText(only) : `(${expressionListText(item.expressions)})`;
    }
    case 'Rollup':
      return `ROLLUP (${list(item.items, groupingText)})`;
    case 'Cube':
      return `CUBE (${list(item.items, groupingText)})`;
    case 'GroupingSets':
      return `GROUPING SETS (${list(item.items, groupingText)})`;
  }
}
