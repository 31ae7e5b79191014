import type { Describe, Drop, Explain, Show, Use } from '../ast/command.js';
import type { Statement } from '../ast/statement.js';
import { alterText } from './alter.js';
import {
  commentText,
  createFunctionText,
  createModelText,
  createTableText,
  createText,
  createViewText,
  lines,
  optionsText,
} from './create.js';
import { deleteText, insertText, partitionText, statementSetText, updateText } from './insert.js';
import { queryText } from './query.js';
import { identifierText, list, phrase, qualifiedText, stringText } from './text.js';

export function statementText(statement: Statement): string {
  switch (statement.kind) {
    case 'Query':
      return queryText(statement);
    case 'Insert':
      return insertText(statement);
    case 'StatementSet':
      return statementSetText(statement);
    case 'Delete':
      return deleteText(statement);
    case 'Update':
      return updateText(statement);
    case 'Truncate':
      return `TRUNCATE TABLE ${qualifiedText(statement.target)}`;
    case 'CreateTable':
      return createTableText(statement);
    case 'CreateView':
      return createViewText(statement);
    case 'CreateModel':
      return createModelText(statement);
    case 'CreateFunction':
      return createFunctionText(statement);
    case 'CreateDatabase': {
      const head = phrase(createText('DATABASE', statement), qualifiedText(statement.name));
      return lines(head, commentText(statement.comment), optionsText(statement.options));
    }
    case 'CreateCatalog': {
      const head = phrase(createText('CATALOG', statement), identifierText(statement.name));
      return lines(head, commentText(statement.comment), optionsText(statement.options));
    }
    case 'AlterTable':
    case 'AlterView':
    case 'AlterDatabase':
    case 'AlterCatalog':
    case 'AlterFunction':
    case 'AlterModel':
      return alterText(statement);
    case 'Drop':
      return dropText(statement);
    case 'DescribeJob':
      return `DESCRIBE JOB ${stringText(statement.id)}`;
    case 'StopJob':
      return phrase(
        'STOP JOB',
        stringText(statement.id),
        statement.savepoint && 'WITH SAVEPOINT',
        statement.drain && 'WITH DRAIN',
      );
    case 'Describe':
      return describeText(statement);
    case 'Show':
      return showText(statement);
    case 'ShowCreate':
      return `SHOW CREATE ${statement.object} ${qualifiedText(statement.name)}`;
    case 'Use':
      return useText(statement);
    case 'SetCommand':
      return phrase(
        'SET',
        statement.key !== undefined && stringText(statement.key),
        statement.value !== undefined && `= ${stringText(statement.value)}`,
      );
    case 'ResetCommand':
      return phrase('RESET', statement.key !== undefined && stringText(statement.key));
    case 'Explain':
      return explainText(statement);
  }
}

function dropText(drop: Drop): string {
  return phrase(
    'DROP',
    drop.temporary && 'TEMPORARY',
    drop.system && 'SYSTEM',
    drop.object,
    drop.ifExists && 'IF EXISTS',
    qualifiedText(drop.name),
    drop.behavior,
  );
}

function describeText(describe: Describe): string {
  const object = describe.object !== 'TABLE' && describe.object;
  return phrase('DESCRIBE', object, describe.extended && 'EXTENDED', qualifiedText(describe.name));
}

function showText(show: Show): string {
  const { like } = show;
  return phrase(
    'SHOW',
    show.object,
    show.from && phrase(show.object !== 'PARTITIONS' && 'FROM', qualifiedText(show.from)),
    show.partition.length > 0 && `PARTITION ${partitionText(show.partition)}`,
    like && phrase(like.negated && 'NOT', like.ignoreCase ? 'ILIKE' : 'LIKE', stringText(like.pattern)),
  );
}

function useText(use: Use): string {
  return phrase('USE', use.object !== 'DATABASE' && use.object, list(use.names, qualifiedText));
}

function explainText(explain: Explain): string {
  return phrase('EXPLAIN', list(explain.details, (detail) => detail) || 'PLAN FOR', statementText(explain.statement));
}
