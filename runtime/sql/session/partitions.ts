/**
 * ALTER TABLE … ADD | DROP PARTITION and SHOW PARTITIONS. As in Flink's catalog in memory, they are about what was declared in this
 * session: folders are found when a table is read, and made when it is written, whether they were declared or not.
 */
import { partitionPath } from '../../expr/partition-path.js';
import { STRING } from '../../expr/typing.js';
import type { AlterTableAction, PartitionSpec, Show } from '../ast/index.js';
import type { PartitionEntry } from '../ast/insert.js';
import type { Table } from '../catalog/table.js';
import { type Place, SqlError } from '../error.js';
import { type Effect, listing } from './effect.js';

type PartitionAction = Extract<AlterTableAction, { kind: 'AddPartitions' | 'DropPartitions' }>;

/** The partitions of the table behind the statement. Throws for one that is there already, or isn't. */
export function alteredPartitions(table: Table, action: PartitionAction): readonly string[] {
  const partitions = [...(table.partitions ?? [])];
  for (const spec of action.partitions) {
    const path = wholePath(table, spec);
    const at = partitions.indexOf(path);
    if (action.kind === 'AddPartitions') {
      if (at < 0) partitions.push(path);
      else if (!action.ifNotExists) throw new SqlError('TW2002', `partition ${path} is there already`, spec.span);
    } else if (at >= 0) partitions.splice(at, 1);
    else if (!action.ifExists) {
      throw new SqlError('TW2002', `table '${table.name}' has no partition ${path}`, spec.span, { known: partitions });
    }
  }
  return partitions;
}

export function showPartitions(table: Table, node: Show): Effect {
  checkPartitioned(table, node.span);
  const wanted = node.partition.map((entry) => pathOf(table, [entry]));
  const rows = (table.partitions ?? []).filter((path) => wanted.every((part) => path.split('/').includes(part)));
  return listing(
    ['partition name'],
    [...rows].sort().map((path) => [path]),
  );
}

function checkPartitioned(table: Table, at: Place): void {
  if (table.statement.partitionedBy.length === 0) {
    throw new SqlError('TW2004', `table '${table.name}' is not partitioned`, at, { expected: 'PARTITIONED BY' });
  }
}

function wholePath(table: Table, spec: PartitionSpec): string {
  checkPartitioned(table, spec.span);
  const columns = table.statement.partitionedBy.map((c) => c.name);
  if (spec.entries.length !== columns.length) {
    throw new SqlError(
      'TW2004',
      `a partition of '${table.name}' has a value for each of ${columns.join(', ')}`,
      spec.span,
    );
  }
  const ordered = columns.flatMap((name) => spec.entries.filter((entry) => entry.column.name === name));
  return pathOf(table, ordered.length === columns.length ? ordered : spec.entries);
}

function pathOf(table: Table, entries: readonly PartitionEntry[]): string {
  const columns = table.statement.partitionedBy.map((c) => c.name);
  const values = entries.map(({ column, value, span }) => {
    if (!columns.includes(column.name)) {
      throw new SqlError('TW2002', `'${column.name}' is no partition column of '${table.name}'`, span, {
        name: column.name,
        known: columns,
      });
    }
    if (value?.kind === 'StringLiteral') return [column.name, value.value] as const;
    if (value?.kind === 'NumberLiteral') return [column.name, value.text] as const;
    throw new SqlError('TW2004', `partition column '${column.name}' has no value`, span, {
      expected: 'a text or number',
    });
  });
  const fields = values.map(([name]) => ({ name, type: STRING }));
  return partitionPath(fields)(Object.fromEntries(values));
}
