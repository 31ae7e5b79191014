/** Columns of a row that go into its record's timestamp and headers, as in Flink's Kafka connector. */
import type { SinkSpec } from '../../../graph/plan.js';
import type { Row } from '../../../record/types.js';
import type { Header } from '../protocol/record-batch-builder.js';

export const WRITABLE_METADATA = ['timestamp', 'headers'] as const;

export interface RowMetadata {
  /** Milliseconds since the epoch; undefined: NULL, so the time of writing. */
  timestamp(row: Row): number | undefined;
  headers(row: Row): readonly Header[] | undefined;
}

/** undefined where the table has no such columns. */
export function rowMetadata(spec: SinkSpec): RowMetadata | undefined {
  const columnOf = (key: string) => spec.metadata?.find((each) => each.key === key);
  const timestamp = columnOf('timestamp');
  const headers = columnOf('headers');
  if (!timestamp && !headers) return undefined;
  const type = timestamp?.type;
  const precision = type && 'precision' in type ? type.precision : 3;
  const perMs = precision <= 3 ? 1 : precision <= 6 ? 1_000 : 1_000_000;
  return {
    timestamp: (row) => {
      const value = timestamp && (row[timestamp.column] as number | bigint | null | undefined);
      if (value === undefined || value === null) return undefined;
      return typeof value === 'bigint' ? Number(value / BigInt(perMs)) : Math.floor(value / perMs);
    },
    headers: (row) => {
      const value =
        headers && (row[headers.column] as Map<string, unknown> | Record<string, unknown> | null | undefined);
      if (!value) return undefined;
      const entries = value instanceof Map ? [...value] : Object.entries(value);
      return entries.map(([name, of]) => [String(name), bytesOf(of)]);
    },
  };
}

function bytesOf(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? value : Buffer.from(String(value));
}
