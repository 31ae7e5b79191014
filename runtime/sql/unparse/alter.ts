import type {
  AlterCatalog,
  AlterDatabase,
  AlteredElement,
  AlterFunction,
  AlterModel,
  AlterTable,
  AlterTableAction,
  AlterView,
  ColumnPosition,
  PartitionSpec,
  SetComment,
} from '../ast/alter.js';
import { distributionText, elementText } from './create.js';
import { partitionText } from './insert.js';
import { queryText } from './query.js';
import { identifierText, list, optionText, phrase, qualifiedText, stringText } from './text.js';

type Alter = AlterTable | AlterView | AlterDatabase | AlterCatalog | AlterFunction | AlterModel;

export function alterText(alter: Alter): string {
  switch (alter.kind) {
    case 'AlterTable':
      return phrase(
        'ALTER TABLE',
        alter.ifExists && 'IF EXISTS',
        qualifiedText(alter.name),
        alterActionText(alter.action),
      );
    case 'AlterView':
      return phrase(
        'ALTER VIEW',
        alter.ifExists && 'IF EXISTS',
        qualifiedText(alter.name),
        alter.rename && `RENAME TO ${qualifiedText(alter.rename)}`,
        alter.query && `AS ${queryText(alter.query)}`,
      );
    case 'AlterDatabase':
      return phrase('ALTER DATABASE', qualifiedText(alter.name), alterActionText(alter.action));
    case 'AlterCatalog':
      return phrase('ALTER CATALOG', identifierText(alter.name), alterActionText(alter.action));
    case 'AlterFunction':
      return phrase(
        'ALTER',
        alter.temporary && 'TEMPORARY',
        alter.system && 'SYSTEM',
        'FUNCTION',
        alter.ifExists && 'IF EXISTS',
        qualifiedText(alter.name),
        `AS ${stringText(alter.definition)}`,
        alter.language && `LANGUAGE ${alter.language}`,
      );
    case 'AlterModel':
      return phrase(
        'ALTER MODEL',
        alter.ifExists && 'IF EXISTS',
        qualifiedText(alter.name),
        alterActionText(alter.action),
      );
  }
}

export function alterActionText(action: AlterTableAction | SetComment): string {
  switch (action.kind) {
    case 'RenameTo':
      return `RENAME TO ${qualifiedText(action.name)}`;
    case 'RenameColumn':
      return `RENAME ${qualifiedText(action.from)} TO ${identifierText(action.to)}`;
    case 'SetOptions':
      return `SET (${list(action.options, optionText)})`;
    case 'ResetOptions':
      return `RESET (${list(action.keys, stringText)})`;
    case 'SetComment':
      return `COMMENT ${stringText(action.comment)}`;
    case 'AddElements':
    case 'ModifyElements':
      return phrase(action.kind === 'AddElements' ? 'ADD' : 'MODIFY', alteredText(action.elements));
    case 'DropColumns':
      return `DROP (${list(action.columns, qualifiedText)})`;
    case 'DropConstraint':
      return `DROP CONSTRAINT ${identifierText(action.name)}`;
    case 'DropPart':
      return `DROP ${action.part}`;
    case 'AddPartitions':
      return phrase('ADD', action.ifNotExists && 'IF NOT EXISTS', action.partitions.map(partitionSpecText).join(' '));
    case 'DropPartitions':
      return phrase('DROP', action.ifExists && 'IF EXISTS', list(action.partitions, partitionSpecText));
  }
}

function alteredText(elements: readonly AlteredElement[]): string {
  const [only] = elements;
  if (elements.length === 1 && only.element.kind === 'Distribution') return elementOf(only);
  return `(${list(elements, elementOf)})`;
}

export function elementOf({ element, position }: AlteredElement): string {
  const text = element.kind === 'Distribution' ? `DISTRIBUTION ${distributionText(element)}` : elementText(element);
  return phrase(text, position && positionText(position));
}

export function positionText(position: ColumnPosition): string {
  return position.after ? `AFTER ${qualifiedText(position.after)}` : 'FIRST';
}

export function partitionSpecText(spec: PartitionSpec): string {
  const options = spec.options.length > 0 && `WITH (${list(spec.options, optionText)})`;
  return phrase(`PARTITION ${partitionText(spec.entries)}`, options);
}
