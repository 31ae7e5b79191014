/**
 * Folders of PARTITIONED BY: `day=2024-01-01/hour=7`, written and read as Hive and Flink do. Names and values are escaped (`%2F`);
 * NULL and the empty text are the default name.
 */
import type { DataType, Field, Row } from '../record/types.js';
import { castFunction } from './casts/cast.js';
import * as t from './typing.js';

export const DEFAULT_PARTITION = '__DEFAULT_PARTITION__';

const SPECIAL = new Set('"#%\'*/:=?\\{[]^\u007f');

function escaped(text: string): string {
  let out = '';
  for (const c of text) {
    out += c < ' ' || SPECIAL.has(c) ? `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : c;
  }
  return out;
}

function unescaped(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The folder of a row, without slashes at its ends. */
export function partitionPath(partitions: readonly Field[], defaultName = DEFAULT_PARTITION): (row: Row) => string {
  const parts = partitions.map(({ name, type }) => {
    const cast = castFunction(type, t.STRING, { tryCast: false, zone: 'UTC' });
    const text = (value: unknown) => {
      const written = cast(value) as string;
      if (type.kind === 'BOOLEAN') return written.toLowerCase();
      return t.isTimestamp(type) ? written.replace(' ', 'T') : written;
    };
    const prefix = `${escaped(name)}=`;
    return (row: Row) => {
      const value = row[name];
      const written = value === null ? '' : text(value);
      return prefix + (written === '' ? defaultName : escaped(written));
    };
  });
  return (row) => parts.map((part) => part(row)).join('/');
}

/**
 * The value of a column by the path of a file. Throws a TypeError when the path has no folder of that name, and a CastError for one
 * that the type can't hold.
 */
export function partitionValue(column: string, type: DataType, defaultName: string): (path: string) => unknown {
  const prefix = `${escaped(column)}=`;
  const cast = castFunction(t.STRING, type, { tryCast: false, zone: 'UTC' });
  return (path) => {
    const folder = path
      .split('/')
      .slice(0, -1)
      .findLast((part) => part.startsWith(prefix));
    if (folder === undefined) throw new TypeError(`'${path}' is in no folder '${prefix}…'`);
    const text = unescaped(folder.slice(prefix.length));
    return text === defaultName ? null : cast(t.isTimestamp(type) ? text.replace('T', ' ') : text);
  };
}

/** Key of the metadata that reads a partition column, and what is in it. */
export function partitionKey(column: string, defaultName: string): string {
  return `partition:${encodeURIComponent(column)}:${encodeURIComponent(defaultName)}`;
}

/** What partitionKey() put together; undefined for other keys. */
export function parsePartitionKey(key: string): { column: string; defaultName: string } | undefined {
  const match = /^partition:([^:]*):([^:]*)$/.exec(key);
  return match ? { column: decodeURIComponent(match[1]), defaultName: decodeURIComponent(match[2]) } : undefined;
}
