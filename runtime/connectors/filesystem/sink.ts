import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { TidewheelError } from '../../../api/errors.js';
import { partitionPath } from '../../expr/partition-path.js';
import type { SinkConnector, SinkContext, SinkWriter } from '../../sink/contract.js';
import { PARTITION_OPTIONS, successFile } from '../partition-options.js';
import { PartFileWriter } from './part-files.js';
import { absolutePath } from './paths.js';
import { SingleFileWriter } from './single-file.js';

const DEFAULT_PART_BYTES = 128 * 1024 * 1024;

/**
 * Files: one, where a single writer has a path with an ending; else part files in a folder, visible with their checkpoint. With
 * PARTITIONED BY a folder for each value: `day=2024-01-01/part-0-1-0.json`.
 */
export const sink: SinkConnector = {
  name: 'filesystem',
  changelog: 'append',
  partitions: true,
  options: {
    path: {
      required: true,
      doc: 'File or folder; relative to the job file. With an ending (out.json) and parallelism 1: that file, which a fresh start overwrites. Otherwise a folder of part files.',
    },
    format: { required: true, doc: 'How rows are written: raw (lines), json, csv …' },
    'sink.rolling-policy.file-size': {
      default: String(DEFAULT_PART_BYTES),
      doc: 'Bytes after which a part file is closed before its checkpoint.',
    },
    'sink.rolling-policy.rollover-interval': { doc: 'As in Flink; has no effect: every checkpoint closes its files.' },
    'sink.rolling-policy.inactivity-interval': {
      doc: 'As in Flink; has no effect: every checkpoint closes its files.',
    },
    'sink.rolling-policy.check-interval': { doc: 'As in Flink; has no effect: every checkpoint closes its files.' },
    ...PARTITION_OPTIONS,
  },
  createWriter,
};

function createWriter(ctx: SinkContext): SinkWriter {
  const name = ctx.options['path'];
  const path = absolutePath(name, ctx.baseDir);
  if (!ctx.encoder) {
    throw new TidewheelError('TW1302', `the sink '${ctx.nodeId}' needs the option 'format'`);
  }
  const ending = extname(path);
  if (/^\.(gz|gzip|br|deflate)$/i.test(ending)) {
    throw new TidewheelError('TW1302', `the sink '${ctx.nodeId}' can't write compressed files`, {
      hint: `Leave '${ending}' out of the path`,
    });
  }
  const { partitions } = ctx.spec;
  if (!partitions && ending !== '' && ctx.parallelism === 1 && !isFolder(path))
    return new SingleFileWriter(ctx, ctx.encoder, path, name);
  const size = Number(ctx.options['sink.rolling-policy.file-size'] ?? DEFAULT_PART_BYTES);
  if (!(size > 0)) {
    throw new TidewheelError('TW1302', `option 'sink.rolling-policy.file-size' must be a number of bytes`);
  }
  const overwrite = ctx.options['sink.overwrite'] === 'true';
  const naming = partitions && {
    path: partitionPath(partitions, ctx.options['partition.default-name']),
    ...(successFile(ctx.options) ? { successFile: successFile(ctx.options)! } : {}),
  };
  return new PartFileWriter(ctx, ctx.encoder, path, {
    ending: partitions ? formatEnding(ctx) : ending || formatEnding(ctx),
    maxBytes: size,
    overwrite,
    ...(naming ? { partitions: naming } : {}),
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** `.json` for files that other readers should know. */
function formatEnding(ctx: SinkContext): string {
  const format = ctx.spec.format;
  return format === undefined || format === 'raw' ? '' : `.${format}`;
}
