/** Options of tables with PARTITIONED BY that files and objects share, named as in Flink. */
import { DEFAULT_PARTITION } from '../expr/partition-path.js';
import type { OptionDef } from '../source/contract.js';

export const PARTITION_OPTIONS: Readonly<Record<string, OptionDef>> = {
  'partition.default-name': {
    default: DEFAULT_PARTITION,
    doc: 'Folder of rows whose PARTITIONED BY column is NULL or an empty text.',
  },
  'sink.partition-commit.policy.kind': {
    values: ['success-file'],
    doc: 'success-file: an empty file in each folder once files in it are visible.',
  },
  'sink.partition-commit.success-file.name': { default: '_SUCCESS', doc: 'Name of that file.' },
  'sink.partition-commit.trigger': {
    values: ['process-time'],
    default: 'process-time',
    doc: 'When that file is made: with the first checkpoint that has files of the folder.',
  },
  'sink.partition-commit.delay': { values: ['0 s', '0s', '0 ms'], default: '0 s', doc: 'Only no delay is known.' },
};

/** Name of the file that says that a folder has files; undefined when there is none. */
export function successFile(options: Readonly<Record<string, string>>): string | undefined {
  if (options['sink.partition-commit.policy.kind'] === undefined) return undefined;
  return options['sink.partition-commit.success-file.name'] ?? '_SUCCESS';
}
