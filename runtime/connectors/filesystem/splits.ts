/** A filesystem source's splits: whole files, or byte ranges of big files with a record a line. */
import { TidewheelError } from '../../../api/errors.js';
import type { ConnectorContext, Json, Split } from '../../source/contract.js';
import { parseDuration } from '../../time/duration.js';
import { partitionTest } from '../partition-pruning.js';
import { absolutePath, findFiles, isGlob } from './paths.js';

export interface FilePosition {
  /** Byte offset of the next record, in the uncompressed content. */
  readonly offset: number;
  /** Line of the next record, from 1; 0 where lines are not counted because the range begins within the file. */
  readonly line: number;
}

export interface SplitRange {
  readonly name: string;
  /** First byte, and the one behind the last; undefined for a whole file. */
  readonly start: number;
  readonly end: number | undefined;
}

/** Formats with a record a line, whatever its content: only there a range can begin anywhere. */
const LINE_FORMATS = new Set(['raw', 'json', 'debezium-json', 'canal-json', 'maxwell-json']);
const DEFAULT_SPLIT_BYTES = 64 * 1024 * 1024;
const COMPRESSED = /\.(gz|gzip|br|deflate)$/i;

export function isCompressed(name: string): boolean {
  return COMPRESSED.test(name);
}

/** Milliseconds between two looks at the files; undefined for a source that ends. */
export function monitorIntervalMs(options: Readonly<Record<string, string>>): number | undefined {
  const text = options['source.monitor-interval'];
  return text === undefined ? undefined : Math.max(10, parseDuration(text));
}

/** `orders.json#0-67108864` */
export function splitId(range: SplitRange): string {
  return range.end === undefined ? range.name : `${range.name}#${range.start}-${range.end}`;
}

export function parseSplitId(id: string): SplitRange {
  const match = /^(.*)#(\d+)-(\d+)$/s.exec(id);
  return match
    ? { name: match[1], start: Number(match[2]), end: Number(match[3]) }
    : { name: id, start: 0, end: undefined };
}

export function positionOf(split: Split): FilePosition {
  const position = split.position as { offset: number; line: number };
  return { offset: position.offset, line: position.line };
}

/**
 * All splits there are now. A bounded source whose path matches nothing is an error (TW3101); a monitored one waits for files.
 * Files that are followed are one split each, since their end is not known. A file of which a split is known is left out: it
 * may have grown since, and would be cut differently now.
 */
export async function enumerateSplits(ctx: ConnectorContext, known: ReadonlySet<string> = new Set()): Promise<Split[]> {
  const text = ctx.options['path'];
  const files = await findFiles(text, ctx.baseDir);
  const monitored = monitorIntervalMs(ctx.options) !== undefined;
  const pattern = ctx.options['source.path.regex-pattern'];
  const matching = pattern === undefined ? files : files.filter((file) => new RegExp(pattern).test(file.path));
  if (matching.length === 0 && !monitored && known.size === 0) {
    const path = absolutePath(text, ctx.baseDir);
    throw new TidewheelError('TW3101', isGlob(text) ? `no file matches '${text}'` : `no file at '${text}'`, {
      hint: `Looked at ${path}. Set 'source.monitor-interval' to wait for files`,
    });
  }
  const splitBytes = splitBytesOf(ctx);
  const wanted = partitionTest(ctx.spec);
  const cut = new Set([...known].map((id) => parseSplitId(id).name));
  return matching.flatMap((file): Split[] => {
    if (cut.has(file.name) || wanted?.(file.path) === false) return [];
    if (splitBytes === undefined || monitored || isCompressed(file.name) || file.bytes <= splitBytes * 1.5) {
      return [split({ name: file.name, start: 0, end: undefined })];
    }
    const count = Math.ceil(file.bytes / splitBytes);
    return Array.from({ length: count }, (_, i) =>
      split({
        name: file.name,
        start: Math.floor((file.bytes * i) / count),
        end: Math.floor((file.bytes * (i + 1)) / count),
      }),
    );
  });
}

function split(range: SplitRange): Split {
  const position: FilePosition = { offset: range.start, line: range.start === 0 ? 1 : 0 };
  return { id: splitId(range), position: position as unknown as Json };
}

/** undefined: files are not split. */
function splitBytesOf(ctx: ConnectorContext): number | undefined {
  const text = ctx.options['source.split-bytes'];
  if (text !== undefined) {
    const bytes = Number(text);
    if (!Number.isSafeInteger(bytes) || bytes < 1) {
      throw new TidewheelError('TW1302', `option 'source.split-bytes' must be a number of bytes, not '${text}'`);
    }
    return bytes;
  }
  return LINE_FORMATS.has(ctx.spec.format ?? '') ? DEFAULT_SPLIT_BYTES : undefined;
}
