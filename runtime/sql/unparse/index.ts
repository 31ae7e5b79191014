/**
 * Writes a tree of ast/ as SQL that parses to the same tree again, spans aside: keywords in upper case, one space
 * between words, names in backticks only where Flink needs them, parentheses only where the tree needs them. Queries
 * stand on one line; CREATE statements have a line for each column and option, as SHOW CREATE prints them.
 *
 *     unparse(parseExpression('(A+b)*count ( * )')) // (A + b) * count(*)
 */
import type { Argument } from '../ast/call.js';
import type { TableElement } from '../ast/create-table.js';
import type { Identifier, QualifiedName } from '../ast/identifier.js';
import type { Pattern } from '../ast/pattern.js';
import type { Relation } from '../ast/relation.js';
import type { Statement } from '../ast/statement.js';
import type { TypeNode } from '../ast/type.js';
import { argumentText } from './call.js';
import { elementText } from './create.js';
import { patternText } from './match-recognize.js';
import { relationText } from './relation.js';
import { statementText } from './statement.js';
import { identifierText, qualifiedText } from './text.js';
import { typeText } from './type.js';

export { nameText as quoteName, stringText as quoteString } from './text.js';

/** What `unparse` takes: whatever means something on its own. */
export type Unparsable =
  | Statement
  | Argument
  | TypeNode
  | Relation
  | Pattern
  | TableElement
  | Identifier
  | QualifiedName;

/** The SQL text of a node. Total: every node has a text. */
export function unparse(node: Unparsable): string {
  switch (node.kind) {
    case 'Identifier':
      return identifierText(node);
    case 'QualifiedName':
      return qualifiedText(node);
    case 'ScalarType':
    case 'IntervalType':
    case 'ArrayType':
    case 'MultisetType':
    case 'MapType':
    case 'RowType':
    case 'RawType':
    case 'UserType':
      return typeText(node);
    case 'TableRef':
    case 'DerivedTable':
    case 'TableFunction':
    case 'Unnest':
    case 'Join':
    case 'MatchRecognize':
      return relationText(node);
    case 'PatternVariable':
    case 'PatternSequence':
    case 'PatternAlternation':
    case 'PatternQuantified':
    case 'PatternExclusion':
    case 'PatternPermute':
    case 'PatternEmpty':
      return patternText(node);
    case 'PhysicalColumn':
    case 'MetadataColumn':
    case 'ComputedColumn':
    case 'ColumnName':
    case 'Watermark':
    case 'PrimaryKey':
      return elementText(node);
    case 'Query':
    case 'Insert':
    case 'StatementSet':
    case 'Delete':
    case 'Update':
    case 'Truncate':
    case 'CreateTable':
    case 'CreateView':
    case 'CreateDatabase':
    case 'CreateCatalog':
    case 'CreateFunction':
    case 'CreateModel':
    case 'AlterTable':
    case 'AlterView':
    case 'AlterDatabase':
    case 'AlterCatalog':
    case 'AlterFunction':
    case 'AlterModel':
    case 'Drop':
    case 'Describe':
    case 'DescribeJob':
    case 'StopJob':
    case 'Show':
    case 'ShowCreate':
    case 'Use':
    case 'SetCommand':
    case 'ResetCommand':
    case 'Explain':
      return statementText(node);
    default:
      return argumentText(node);
  }
}
