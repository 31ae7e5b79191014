/** Records that could not be read, as JSON lines into a sink of their own: where they stood, why, and their bytes. */
import type { Field } from '../record/types.js';
import { MAX_LENGTH } from '../record/types.js';
import type { SinkWriter } from '../sink/contract.js';
import type { RecordMeta } from '../source/contract.js';

const STRING = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true } as const;
const BIGINT = { kind: 'BIGINT', nullable: true } as const;

/** Columns of a dead letter. `raw` is the record's bytes in base64, `text` the same as UTF-8. */
export const DEAD_LETTER_FIELDS: readonly Field[] = [
  { name: 'source', type: STRING },
  { name: 'origin', type: STRING },
  { name: 'partition', type: BIGINT },
  { name: 'offset', type: BIGINT },
  { name: 'line', type: BIGINT },
  { name: 'timestamp', type: BIGINT },
  { name: 'reason', type: STRING },
  { name: 'column', type: STRING },
  { name: 'text', type: STRING },
  { name: 'raw', type: STRING },
];

export class DeadLetters {
  count = 0;

  constructor(readonly writer: SinkWriter) {}

  write(letter: { node: string; meta: RecordMeta; raw: Buffer; reason: string; column?: string }): void {
    this.count++;
    this.writer.write(
      {
        source: letter.node,
        origin: letter.meta.origin,
        partition: letter.meta.partition,
        offset: letter.meta.offset,
        line: letter.meta.line,
        timestamp: letter.meta.timestamp,
        reason: letter.reason,
        column: letter.column ?? null,
        text: letter.raw.toString('utf8'),
        raw: letter.raw.toString('base64'),
      },
      0,
    );
  }
}
