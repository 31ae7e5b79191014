/** Folders of PARTITIONED BY that a query's condition leaves out: their files are not opened. */
import { compilePredicate } from '../expr/codegen/compile.js';
import { DEFAULT_PARTITION, partitionValue } from '../expr/partition-path.js';
import type { SourceSpec } from '../graph/plan.js';
import type { Row } from '../record/types.js';

/**
 * True for files that may have rows for the query; undefined where it reads all. A file in no such folder, and one whose folder's name
 * can't be read as the column's type, is let through: whoever reads it says what is wrong.
 */
export function partitionTest(spec: SourceSpec): ((path: string) => boolean) | undefined {
  const { partitions } = spec;
  if (!partitions) return undefined;
  const defaultName = spec.options['partition.default-name'] ?? DEFAULT_PARTITION;
  const readers = partitions.columns.map(({ name, type }) => ({
    name,
    value: partitionValue(name, type, defaultName),
  }));
  const accepts = compilePredicate(partitions.filter);
  return (path) => {
    try {
      const row: Row = {};
      for (const { name, value } of readers) row[name] = value(path);
      return accepts(row);
    } catch {
      return true;
    }
  };
}
