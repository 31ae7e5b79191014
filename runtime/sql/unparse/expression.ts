import type { Binary, BinaryOperator, Case, CaseBranch, Expression } from '../ast/expression.js';
import { callText } from './call.js';
import { jsonFunctionText } from './json-function.js';
import { literalText } from './literal.js';
import { queryText } from './query.js';
import { identifierText, list, phrase } from './text.js';
import { typeText } from './type.js';

const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  OR: 22,
  AND: 24,
  '=': 30,
  '<>': 30,
  '<': 30,
  '<=': 30,
  '>': 30,
  '>=': 30,
  OVERLAPS: 30,
  '+': 40,
  '-': 40,
  '*': 60,
  '/': 60,
  '%': 60,
  '||': 60,
};
const NOT = 26;
const IS = 28;
const PREDICATE = 32;
const SIGN = 80;
const PRIMARY = 100;

/** An expression, in parentheses where it binds weaker than `least`. */
export function expressionText(e: Expression, least = 0): string {
  const text = e.kind === 'Binary' ? binaryText(e) : bareText(e);
  return precedence(e) < least ? `(${text})` : text;
}

export function expressionListText(items: readonly Expression[]): string {
  return list(items, (item) => expressionText(item));
}

function precedence(e: Expression): number {
  switch (e.kind) {
    case 'Binary':
      return PRECEDENCE[e.op];
    case 'Unary':
      return e.op === 'NOT' ? NOT : SIGN;
    case 'IsTest':
    case 'IsJson':
      return IS;
    case 'QuantifiedComparison':
      return PRECEDENCE['='];
    case 'IsDistinctFrom':
    case 'Between':
    case 'InList':
    case 'InSubquery':
    case 'Like':
      return PREDICATE;
    default:
      return PRIMARY;
  }
}

/** Chains lean to the left and may be long: they are walked in a loop. */
function binaryText(e: Binary): string {
  const links: string[] = [];
  let node: Expression = e;
  let least = 0;
  while (node.kind === 'Binary' && precedence(node) >= least) {
    const own: number = precedence(node);
    links.push(
      node.op === 'OVERLAPS' ? `OVERLAPS ${rowText(node.right)}` : `${node.op} ${expressionText(node.right, own + 1)}`,
    );
    if (node.op === 'OVERLAPS') {
      links.push(rowText(node.left));
      return links.reverse().join(' ');
    }
    least = own;
    node = node.left;
  }
  links.push(expressionText(node, least));
  return links.reverse().join(' ');
}

/** OVERLAPS takes a period only without the word ROW. */
function rowText(e: Expression): string {
  return e.kind === 'RowConstructor' ? `(${expressionListText(e.items)})` : expressionText(e, PRIMARY);
}

function bareText(e: Exclude<Expression, Binary>): string {
  switch (e.kind) {
    case 'ColumnRef':
      return e.path.map(identifierText).join('.');
    case 'Star':
      return [...e.qualifier.map(identifierText), '*'].join('.');
    case 'Unary':
      // The space keeps two minus signs from becoming a comment.
      return e.op === 'NOT' ? `NOT ${expressionText(e.operand, NOT)}` : signText(e.op, e.operand);
    case 'IsTest':
      return phrase(expressionText(e.value, IS), 'IS', e.negated && 'NOT', e.test);
    case 'IsJson':
      return phrase(expressionText(e.value, IS), 'IS', e.negated && 'NOT', 'JSON', e.shape);
    case 'IsDistinctFrom':
      return phrase(operand(e.left), 'IS', e.negated && 'NOT', 'DISTINCT FROM', rightOperand(e.right));
    case 'Between':
      return phrase(
        operand(e.value),
        e.negated && 'NOT',
        'BETWEEN',
        e.symmetric && 'SYMMETRIC',
        rightOperand(e.low),
        'AND',
        rightOperand(e.high),
      );
    case 'InList':
      return phrase(operand(e.value), e.negated && 'NOT', `IN (${expressionListText(e.items)})`);
    case 'InSubquery':
      return phrase(operand(e.value), e.negated && 'NOT', `IN (${queryText(e.query)})`);
    case 'QuantifiedComparison': {
      const set = e.query ? queryText(e.query) : expressionListText(e.items ?? []);
      return `${expressionText(e.value, PRECEDENCE['='])} ${e.op} ${e.quantifier} (${set})`;
    }
    case 'Like':
      return phrase(
        operand(e.value),
        e.negated && 'NOT',
        e.similar ? 'SIMILAR TO' : 'LIKE',
        rightOperand(e.pattern),
        e.escape && `ESCAPE ${rightOperand(e.escape)}`,
      );
    case 'Exists':
      return `EXISTS (${queryText(e.query)})`;
    case 'ScalarSubquery':
      return `(${queryText(e.query)})`;
    case 'Case':
      return caseText(e);
    case 'Cast':
      return `${e.safe ? 'TRY_CAST' : 'CAST'}(${expressionText(e.value)} AS ${typeText(e.type)})`;
    case 'RowConstructor':
      return `ROW(${expressionListText(e.items)})`;
    case 'ArrayConstructor':
      return `ARRAY[${expressionListText(e.items)}]`;
    case 'MapConstructor':
      return `MAP[${expressionListText(e.items)}]`;
    case 'ElementAccess':
      return `${expressionText(e.value, PRIMARY)}[${expressionText(e.index)}]`;
    case 'FieldAccess': {
      // (a).b is not the path a.b, and (1).b would be a number.
      const value = expressionText(e.value, PRIMARY);
      const apart = e.value.kind === 'ColumnRef' || e.value.kind === 'NumberLiteral';
      return `${apart ? `(${value})` : value}.${identifierText(e.field)}`;
    }
    case 'Call':
      return callText(e);
    case 'NiladicCall':
      return e.precision === undefined ? e.name : `${e.name}(${e.precision})`;
    case 'Extract':
      return `EXTRACT(${e.unit} FROM ${expressionText(e.value)})`;
    case 'DatetimeRound':
      return `${e.op}(${expressionText(e.value)} TO ${e.unit})`;
    case 'TimestampAdd':
      return `TIMESTAMPADD(${e.unit}, ${expressionText(e.count)}, ${expressionText(e.value)})`;
    case 'TimestampDiff':
      return `TIMESTAMPDIFF(${e.unit}, ${expressionText(e.from)}, ${expressionText(e.to)})`;
    case 'Position': {
      const from = e.from ? ` FROM ${expressionText(e.from)}` : '';
      return `POSITION(${rightOperand(e.needle)} IN ${expressionText(e.haystack)}${from})`;
    }
    case 'Trim': {
      const characters = e.characters && expressionText(e.characters);
      return `TRIM(${phrase(e.side, characters, 'FROM', expressionText(e.value))})`;
    }
    case 'Overlay': {
      const length = e.length ? ` FOR ${expressionText(e.length)}` : '';
      const place = `FROM ${expressionText(e.start)}${length}`;
      return `OVERLAY(${expressionText(e.value)} PLACING ${expressionText(e.replacement)} ${place})`;
    }
    case 'JsonValue':
    case 'JsonQuery':
    case 'JsonExists':
    case 'JsonObject':
    case 'JsonArray':
    case 'JsonObjectAgg':
    case 'JsonArrayAgg':
      return jsonFunctionText(e);
    default:
      return literalText(e);
  }
}

/** The left operand of a predicate: another predicate may stand there without parentheses. */
function operand(e: Expression): string {
  return expressionText(e, PREDICATE);
}

function rightOperand(e: Expression): string {
  return expressionText(e, PREDICATE + 1);
}

function signText(sign: string, e: Expression): string {
  const text = expressionText(e, SIGN);
  return text.startsWith(sign) ? `${sign} ${text}` : sign + text;
}

function caseText(e: Case): string {
  const branches = e.branches.map(branchText).join(' ');
  return phrase(
    'CASE',
    e.operand && expressionText(e.operand),
    branches,
    e.otherwise && `ELSE ${expressionText(e.otherwise)}`,
    'END',
  );
}

function branchText(branch: CaseBranch): string {
  return `WHEN ${expressionListText(branch.when)} THEN ${expressionText(branch.then)}`;
}
