import type { Delete, Insert, PartitionEntry, StatementSet, Update } from '../ast/insert.js';
import { expressionText } from './expression.js';
import { hintsText, queryText } from './query.js';
import { aliasText } from './relation.js';
import { identifierText, list, phrase, qualifiedText } from './text.js';

export function insertText(insert: Insert): string {
  return phrase(
    insert.overwrite ? 'INSERT OVERWRITE' : 'INSERT INTO',
    qualifiedText(insert.target),
    hintsText(insert.hints),
    insert.partition.length > 0 && `PARTITION ${partitionText(insert.partition)}`,
    insert.columns && `(${list(insert.columns, qualifiedText)})`,
    queryText(insert.query),
  );
}

export function partitionText(entries: readonly PartitionEntry[]): string {
  return `(${list(entries, partitionEntryText)})`;
}

export function partitionEntryText(entry: PartitionEntry): string {
  return identifierText(entry.column) + (entry.value ? ` = ${expressionText(entry.value)}` : '');
}

export function statementSetText(set: StatementSet): string {
  return `EXECUTE STATEMENT SET BEGIN\n${set.statements.map((insert) => `${insertText(insert)};\n`).join('')}END`;
}

export function deleteText(statement: Delete): string {
  return phrase(
    'DELETE FROM',
    qualifiedText(statement.target),
    aliasText(statement.alias),
    statement.where && `WHERE ${expressionText(statement.where)}`,
  );
}

export function updateText(statement: Update): string {
  return phrase(
    'UPDATE',
    qualifiedText(statement.target),
    aliasText(statement.alias),
    `SET ${list(statement.assignments, (a) => `${identifierText(a.column)} = ${expressionText(a.value)}`)}`,
    statement.where && `WHERE ${expressionText(statement.where)}`,
  );
}
