/** The end of a tree: a table's sink, or `collect` for a SELECT that stands alone. */
import type { SinkSpec } from '../../graph/plan.js';
import { writableColumns } from '../catalog/table.js';
import { SqlError } from '../error.js';
import { edge, type Lowering } from './lower.js';
import type { Output } from './relation.js';

export function lowerSink(lowering: Lowering, output: Output): void {
  const { relation, table } = output;
  let input = lowering.lower(relation, true);
  const traits = lowering.traits.of(relation);
  const { timeZone, ttlMs, batch } = lowering.options;
  if (!table) {
    const { upsertKey } = lowering.changes(relation);
    const spec: SinkSpec = {
      kind: 'sink',
      connector: 'collect',
      options: {},
      columns: { fields: relation.fields },
      ...(upsertKey ? { primaryKey: upsertKey } : {}),
      timeZone,
    };
    lowering.addNamed({
      id: `sink:${lowering.target}`,
      name: 'Result',
      spec,
      inputs: [edge(input, { kind: 'global' })],
      schema: { fields: relation.fields },
      ...lowering.changes(relation),
      parallelism: 1,
    });
    return;
  }
  // A format of changes (debezium-json) writes them where the connector itself only appends.
  const changelog = table.changelog === 'retract' ? 'retract' : lowering.options.changelogOf(table.connector);
  if (traits.updating && changelog === 'append') {
    throw new SqlError(
      'TW2004',
      `the query updates and deletes rows, which table '${table.name}' (connector '${table.connector}') can't take`,
      output.at,
      { expected: 'a query that only appends (a window aggregate), or a sink for changes' },
    );
  }
  if (traits.updating && changelog === 'upsert' && !table.primaryKey) {
    throw new SqlError('TW2004', `the query updates rows, but table '${table.name}' has no PRIMARY KEY`, output.at, {
      expected: 'PRIMARY KEY (…) NOT ENFORCED',
    });
  }
  const columns = writableColumns(table);
  const metadata = columns.flatMap((c) =>
    c.kind === 'metadata' ? [{ column: c.field.name, key: c.key, type: c.field.type }] : [],
  );
  const physical = columns.flatMap((c) => (c.kind === 'physical' ? [c.field] : []));
  const spec: SinkSpec = {
    kind: 'sink',
    connector: table.connector,
    ...(table.format ? { format: table.format } : {}),
    options: output.overwrite ? { ...table.options, 'sink.overwrite': 'true' } : table.options,
    columns: { fields: physical.filter((f) => !table.partitionedBy.includes(f.name)) },
    ...(table.partitionedBy.length > 0
      ? { partitions: table.partitionedBy.map((name) => physical.find((f) => f.name === name)!) }
      : {}),
    ...(metadata.length > 0 ? { metadata } : {}),
    ...(table.primaryKey ? { primaryKey: table.primaryKey } : {}),
    timeZone,
  };
  // Changes of a row must reach the sink in order: through one subtask. They do when they come from where its key is.
  const key = table.primaryKey;
  const together =
    !key || !traits.updating || traits.keys.some((k) => k.length === key.length && key.every((c) => k.includes(c)));
  const fixed = table.options['sink.parallelism'];
  if (!together) {
    // Rows of several keys of the query can have the same key of the table: the last of those that are there counts.
    input = lowering.add('materialize', relation, {
      name: `Materialize(${key.join(', ')})`,
      spec: { kind: 'other', transform: 'upsertMaterialize', key, ...(ttlMs && !batch ? { ttlMs } : {}) },
      inputs: [edge(input, { kind: 'hash', keys: key })],
      updating: true,
      upsertKey: key,
      fields: relation.fields,
    });
  }
  lowering.addNamed({
    id: `sink:${lowering.target}`,
    name: `Sink: ${table.name}`,
    spec,
    inputs: [edge(input, { kind: 'forward' })],
    schema: { fields: relation.fields },
    ...(together ? lowering.changes(relation) : { updating: true, upsertKey: key }),
    ...(fixed ? { parallelism: Number(fixed) } : {}),
  });
}
