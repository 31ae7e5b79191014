/**
 * One writer into one file. Rows are in the file as soon as they are written; the snapshot holds the length, and a restored job
 * cuts off what the dead attempt had written beyond it.
 */
import { stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TidewheelError } from '../../../api/errors.js';
import type { Row, RowKind } from '../../record/types.js';
import type { RowEncoder, SinkContext, SinkRestore, SinkWriter } from '../../sink/contract.js';
import { makeFolder } from '../../snapshot/make-folder.js';
import type { Json } from '../../source/contract.js';
import { AppendFile } from './append-file.js';
import { writeError } from './write-error.js';

const NEWLINE = 10;

/** State of the writer: what belongs to the snapshot. */
export interface SingleFileState {
  readonly file: string;
  readonly length: number;
}

/** The state of a single file in a snapshot, if there is one. */
export function singleFileState(restore: SinkRestore | undefined): SingleFileState | undefined {
  return restore?.states.map((state) => state as unknown as SingleFileState).find((state) => state?.file !== undefined);
}

/** Cuts the file to the length that the snapshot knows. Throws TW3103 when it is shorter. */
export async function cutToLength(path: string, length: number): Promise<void> {
  const size = await stat(path).then(
    (info) => info.size,
    () => undefined,
  );
  if (size === undefined && length === 0) return;
  if (size === undefined || size < length) {
    throw new TidewheelError(
      'TW3103',
      `'${path}' ${size === undefined ? 'is gone' : `has ${size} bytes`}, but the snapshot says that ${length} were written`,
      { hint: 'Restore the file, or start the job without state' },
    );
  }
  if (size > length) await truncate(path, length);
}

export class SingleFileWriter implements SinkWriter {
  private file: AppendFile | undefined;
  private encoder: RowEncoder;

  constructor(
    private readonly ctx: SinkContext,
    encoder: RowEncoder,
    private readonly path: string,
    private readonly name: string,
  ) {
    this.encoder = encoder;
  }

  async open(restore: SinkRestore | undefined): Promise<void> {
    const state = singleFileState(restore);
    try {
      await makeFolder(dirname(this.path));
      if (state) await cutToLength(this.path, state.length);
    } catch (error) {
      throw writeError(this.path, error as Error);
    }
    const goOn = state !== undefined && state.length > 0;
    this.file = new AppendFile(this.path, goOn ? 'r+' : 'w', goOn ? state.length : 0, this.ctx.wake, (error) =>
      this.ctx.fail(writeError(this.path, error)),
    );
    if (!goOn && this.encoder.header) {
      this.encoder.header(this.file.out);
      this.file.written();
    }
  }

  write(row: Row, kind: RowKind): void {
    const file = this.file!;
    this.encoder.encode(row, kind, file.out);
    if (this.encoder.lineDelimited) file.out.byte(NEWLINE);
    file.written();
  }

  ready(): boolean {
    return this.file!.ready;
  }

  flush(): void {
    this.file!.flush();
  }

  async prepareCommit(): Promise<Json[]> {
    await this.file!.sync();
    return [];
  }

  snapshotState(): Json {
    return { file: this.name, length: this.file!.length };
  }

  async commit(): Promise<void> {}

  async close(): Promise<void> {
    this.file?.flush();
    await this.file?.close();
  }
}
