/** Metadata columns: values of RecordMeta in the types of the columns that show them. */
import { parsePartitionKey, partitionValue } from '../expr/partition-path.js';
import type { DataType, Field } from '../record/types.js';
import type { RecordMeta } from '../source/contract.js';
import { unitsPerMs } from '../time/timestamp-unit.js';
import { FormatError } from './format-error.js';

type MetadataReader = (meta: RecordMeta) => unknown;

function bytes(value: Uint8Array | null, type: DataType): unknown {
  if (value === null) return null;
  const copy = Buffer.from(value);
  return type.kind === 'VARCHAR' || type.kind === 'CHAR' ? copy.toString('utf8') : new Uint8Array(copy);
}

function timestamp(type: DataType): MetadataReader {
  const perMs = type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ' ? unitsPerMs(type.precision) : 1;
  if (perMs === 1) return (meta) => (meta.timestamp < 0 ? null : meta.timestamp);
  return (meta) => {
    if (meta.timestamp < 0) return null;
    const value = meta.timestamp * perMs;
    return Number.isSafeInteger(value) ? value : BigInt(meta.timestamp) * BigInt(perMs);
  };
}

function headers(type: DataType): MetadataReader {
  const valueType: DataType = type.kind === 'MAP' ? type.value : { kind: 'VARBINARY', length: 0, nullable: true };
  return (meta) => {
    const map = new Map<string, unknown>();
    if (meta.headers === null) return map;
    for (const name of Object.keys(meta.headers)) map.set(name, bytes(meta.headers[name], valueType));
    return map;
  };
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** How a metadata column gets its value. Throws a FormatError for a key that no record has. */
export function metadataReader(format: string, field: Field, key: string): MetadataReader {
  switch (key) {
    case 'topic':
    case 'origin':
    case 'file.path':
      return (meta) => meta.origin;
    case 'file.name':
      return (meta) => fileName(meta.origin);
    case 'partition':
      return (meta) => meta.partition;
    case 'offset':
    case 'file.offset':
      return (meta) => meta.offset;
    case 'line':
    case 'file.line':
      return (meta) => (meta.line > 0 ? meta.line : null);
    case 'timestamp':
      return timestamp(field.type);
    case 'timestamp-type':
      return (meta) => meta.timestampType ?? (meta.timestamp < 0 ? 'NoTimestampType' : 'CreateTime');
    case 'leader-epoch':
      return (meta) => (meta.leaderEpoch === undefined || meta.leaderEpoch < 0 ? null : meta.leaderEpoch);
    case 'key':
      return (meta) => bytes(meta.key, field.type);
    case 'headers':
      return headers(field.type);
    default: {
      const partition = parsePartitionKey(key);
      if (partition) return folderValue(format, field, partition.column, partition.defaultName);
      throw new FormatError(
        format,
        `metadata column '${field.name}' asks for '${key}'`,
        "Known are 'topic', 'partition', 'offset', 'timestamp', 'timestamp-type', 'leader-epoch', 'key', 'headers', 'file.path', 'file.name', 'file.offset' and 'file.line'.",
      );
    }
  }
}

/** A column of PARTITIONED BY: read from the file's folder, once a file. */
function folderValue(format: string, field: Field, column: string, defaultName: string): MetadataReader {
  const read = partitionValue(column, field.type, defaultName);
  let origin: string | undefined;
  let value: unknown;
  return (meta) => {
    if (meta.origin === origin) return value;
    try {
      value = read(meta.origin);
    } catch (cause) {
      throw new FormatError(
        format,
        `column '${column}': ${(cause as Error).message}`,
        'PARTITIONED BY columns are read from folders.',
      );
    }
    origin = meta.origin;
    return value;
  };
}
