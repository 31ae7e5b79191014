/**
 * Records whose columns only the user's functions know. The general path is JSON.parse where that gives the same as
 * any-value.ts, because it is quicker; a record's layout is all of it, and its template an object literal.
 */
import { isUtf8 } from 'node:buffer';
import type { DataType } from '../../record/types.js';
import type { ChunkKind } from '../chunk.js';
import type { DecoderSpec, DecoderTarget } from '../contract.js';
import { metadataReader } from '../metadata.js';
import { Malformed } from '../problems.js';
import { propertyKey } from '../row-maker.js';
import { readAny, readAnyAt } from './any-value.js';
import { LayoutBuilder, Unlearnable } from './layout.js';
import { compileLayout } from './layout-code.js';
import type { JsonOptions } from './options.js';
import type { GeneralPath, LearntLayout } from './predicting-decoder.js';
import type { RowTemplate } from './record-code.js';
import type { ColumnReader } from './row-reader.js';
import { MAX_DEPTH, Scanner } from './scanner.js';

/** A value of the sample: a variable, `null`, or an object with its members. */
type Template = ColumnReader | null | { readonly members: readonly (readonly [string, Template])[] };

const STRING: DataType = { kind: 'VARCHAR', length: 2147483647, nullable: true };
const TYPES: Record<number, DataType> = {
  34: STRING,
  91: { kind: 'ANY', nullable: true },
  102: { kind: 'BOOLEAN', nullable: true },
  116: { kind: 'BOOLEAN', nullable: true },
};
const NUMBER: DataType = { kind: 'DOUBLE', nullable: true };

/** Integers that a double may not hold: JSON.parse would round them. */
const MANY_DIGITS = /\d{16}/;

class Sampler {
  private count = 0;

  constructor(private readonly builder: LayoutBuilder) {}

  /** `depth`: how many containers the object's members are in. */
  object(depth: number): Template {
    const { builder } = this;
    const { scanner } = builder;
    const members = new Map<string, Template>();
    scanner.pos++;
    if (scanner.peek() === 125) {
      scanner.pos++;
      return { members: [] };
    }
    do {
      const key = builder.key();
      if (members.has(key)) throw new Unlearnable();
      members.set(key, this.value(key, depth));
    } while (scanner.more(125));
    return { members: [...members] };
  }

  private value(name: string, depth: number): Template {
    const { builder } = this;
    const c = builder.scanner.buf[builder.scanner.pos];
    if (c === 123) return this.object(depth + 1);
    if (c === 110) {
      builder.scanner.skipValue();
      return null;
    }
    const type = TYPES[c] ?? NUMBER;
    const path = String(this.count++);
    const read = readAnyAt(depth);
    const column: ColumnReader = { field: { name, type }, path, read, readLast: read, filterIndex: -1 };
    builder.found.add(column);
    builder.variable((length, at) => ({ op: 'value', column, at, length }));
    return column;
  }
}

function templateCode(template: Template, codeOf: (column: ColumnReader) => string, more: readonly string[]): string {
  if (template === null) return 'null';
  if ('field' in template) return codeOf(template);
  const members = template.members.map(([name, value]) => `${propertyKey(name)}: ${templateCode(value, codeOf, [])}`);
  return `{${[...members, ...more].join(', ')}}`;
}

export function untypedPath(spec: DecoderSpec, options: JsonOptions, target: DecoderTarget): GeneralPath {
  const { meta } = target;
  const scanner = new Scanner();
  const metadata = spec.metadata.map((m) => ({ name: m.field.name, read: metadataReader('json', m.field, m.key) }));

  /** Throws a Malformed. `undefined`: a blank record. */
  function parse(buf: Buffer, start: number, end: number, kind: ChunkKind): unknown {
    const from = buf[start] === 0xef && buf[start + 1] === 0xbb && buf[start + 2] === 0xbf ? start + 3 : start;
    if (end - from < 2 * MAX_DEPTH && (kind !== 0 || isUtf8(buf.subarray(from, end)))) {
      const text = kind === 1 ? buf.latin1Slice(from, end) : buf.utf8Slice(from, end);
      if (!MANY_DIGITS.test(text)) {
        try {
          return JSON.parse(text);
        } catch {
          // Blank, malformed, or a control character in a string: read again by the byte.
        }
      }
    }
    scanner.reset(buf, start, end);
    scanner.pos = from;
    if (scanner.peek() === -1) return undefined;
    const value = readAny(scanner);
    if (scanner.peek() !== -1) scanner.fail('the end of the record');
    return value;
  }

  function decode(buf: Buffer, start: number, end: number, kind: ChunkKind): boolean {
    let value: any;
    try {
      value = parse(buf, start, end, kind);
    } catch (problem) {
      if (!(problem instanceof Malformed)) throw problem;
      if (!options.ignoreErrors) target.bad({ reason: problem.reason, buf, start, end });
      return false;
    }
    if (value === undefined) return false;
    if (typeof value === 'object' && value !== null) for (const { name, read } of metadata) value[name] = read(meta);
    target.emit(value, 0);
    return true;
  }

  function learn(buf: Buffer, start: number, end: number): LearntLayout | undefined {
    const sample = new Scanner();
    sample.reset(buf, start, end);
    const builder = new LayoutBuilder(sample);
    try {
      if (sample.peek() !== 123) return undefined;
      const record = new Sampler(builder).object(1);
      const layout = builder.finish(false);
      const template: RowTemplate = {
        scanner,
        columns: [],
        code(cg, codeOf) {
          const others = metadata.map(
            ({ name, read }) => `${propertyKey(name)}: ${cg.bind(read, 'metadata')}(${cg.bind(meta, 'meta')})`,
          );
          return templateCode(record, codeOf, others);
        },
      };
      return { key: layout.key, compile: () => compileLayout(layout, template, target, undefined) };
    } catch {
      return undefined;
    }
  }

  return { decode, learn, hasStrings: true };
}
