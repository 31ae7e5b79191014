import type { AlteredElement, AlterTableAction, ColumnPosition, PartitionSpec, SetComment } from './alter.js';
import type { Argument } from './call.js';
import type { ShowLike } from './command.js';
import type { FunctionResource, FunctionResult, ViewColumn } from './create-object.js';
import type { Distribution, LikeClause, LikeRule, TableElement } from './create-table.js';
import type { CaseBranch } from './expression.js';
import type { Identifier, QualifiedName } from './identifier.js';
import type { Assignment, PartitionEntry } from './insert.js';
import type { JsonEntry, JsonValueBehavior } from './json-function.js';
import type { IntervalQualifier } from './literal.js';
import type { AfterMatch, Measure, Pattern, PatternDefinition, PatternSubset } from './pattern.js';
import type {
  CommonTable,
  GroupBy,
  GroupingElement,
  Hint,
  OptionEntry,
  QueryBody,
  SelectItem,
  ValuesRow,
} from './query.js';
import type { Relation, TableAlias } from './relation.js';
import type { Statement } from './statement.js';
import type { RowField, TypeNode } from './type.js';
import type { FrameBound, NamedWindow, SortItem, WindowFrame, WindowSpec } from './window.js';

/** Every node there is. */
export type Node =
  | Statement
  | QueryBody
  | Relation
  | Argument
  | TypeNode
  | Pattern
  | TableElement
  | AlterTableAction
  | GroupingElement
  | Identifier
  | QualifiedName
  | AfterMatch
  | AlteredElement
  | Assignment
  | CaseBranch
  | ColumnPosition
  | CommonTable
  | Distribution
  | FrameBound
  | FunctionResource
  | FunctionResult
  | GroupBy
  | Hint
  | IntervalQualifier
  | JsonEntry
  | JsonValueBehavior
  | LikeClause
  | LikeRule
  | Measure
  | NamedWindow
  | OptionEntry
  | PartitionEntry
  | PartitionSpec
  | PatternDefinition
  | PatternSubset
  | RowField
  | SelectItem
  | SetComment
  | ShowLike
  | SortItem
  | TableAlias
  | ValuesRow
  | ViewColumn
  | WindowFrame
  | WindowSpec;
