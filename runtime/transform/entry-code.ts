/** Pieces of generated code that the aggregating transforms share: keys, entries of state, result rows. */
import type { CompiledAggregates } from '../expr/aggregates/compile.js';
import type { Codegen } from '../expr/codegen/codegen.js';
import { propertyKey } from '../expr/codegen/codegen.js';
import { generate } from '../expr/codegen/generate.js';
import type { NamedExpr } from '../expr/ir.js';
import { detach } from '../record/batch-codec.js';
import { combineHash, hashNumber, hashString, hashValue } from '../record/hash.js';
import type { DataType, Field, RowSchema } from '../record/types.js';
import { mapKeyOf, pairKey } from '../state/table.js';

const INTEGERS = new Set([
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_LTZ',
  'DECIMAL',
]);
const PRIMITIVE = new Set([...INTEGERS, 'FLOAT', 'DOUBLE', 'CHAR', 'VARCHAR', 'BOOLEAN']);

/** Fields of a key, as tables want them. */
export function keyFields(keys: readonly NamedExpr[]): Field[] {
  return keys.map((k, i) => ({ name: `k${i}`, type: k.expr.type }));
}

/** Statements that put the key's parts into variables `k0…`, and the expression that finds the entry in its map. */
export function keyCode(
  keys: readonly NamedExpr[],
  row: string,
  cg: Codegen,
): { parts: string[]; setup: string; mapKey: string } {
  const parts = keys.map((_, i) => `k${i}`);
  const setup = keys.map((k, i) => `const k${i} = ${generate(k.expr, row, cg)};`).join('\n');
  return {
    parts,
    setup,
    mapKey: mapKeyCode(
      parts,
      keys.map((k) => k.expr.type),
      cg,
    ),
  };
}

export function mapKeyCode(parts: readonly string[], types: readonly DataType[], cg: Codegen): string {
  if (parts.length === 0) return '0';
  if (parts.length === 1 && PRIMITIVE.has(types[0].kind)) return parts[0];
  if (parts.length === 2) return `${cg.bind(pairKey, 'pairKey')}(${parts.join(', ')})`;
  return `${cg.bind(mapKeyOf, 'mapKeyOf')}([${parts.join(', ')}])`;
}

/** Hash of the key's parts, equal to state/table.ts hashKey(). */
export function hashCode(parts: readonly string[], types: readonly DataType[], cg: Codegen): string {
  if (parts.length === 0) return '0';
  const hash = (part: string, type: DataType) => {
    if (!type.nullable && type.kind !== 'BIGINT' && type.kind !== 'DECIMAL' && INTEGERS.has(type.kind)) {
      return `${cg.bind(hashNumber, 'hashNumber')}(${part})`;
    }
    const byKind = INTEGERS.has(type.kind) || type.kind === 'DOUBLE' || type.kind === 'FLOAT';
    if (byKind) {
      return `(typeof ${part} === 'number' ? ${cg.bind(hashNumber, 'hashNumber')}(${part}) : ${cg.bind(hashValue, 'hashValue')}(${part}))`;
    }
    if (type.kind === 'VARCHAR' || type.kind === 'CHAR') {
      return `(${part} !== null ? ${cg.bind(hashString, 'hashString')}(${part}) : ${cg.bind(hashValue, 'hashValue')}(null))`;
    }
    return `${cg.bind(hashValue, 'hashValue')}(${part})`;
  };
  return parts
    .map((p, i) => hash(p, types[i]))
    .reduce((all, one) => `${cg.bind(combineHash, 'combineHash')}(${all}, ${one})`);
}

/** A key part as state keeps it: strings free of the memory of the batch they came with. */
export function detachedPart(part: string, type: DataType, cg: Codegen): string {
  return type.kind === 'VARCHAR' || type.kind === 'CHAR' ? `${cg.bind(detach, 'detach')}(${part})` : part;
}

/** `{ k0: …, a0: …, _e: 0 }` */
export function newEntryCode(
  keys: readonly NamedExpr[],
  parts: readonly string[],
  create: string,
  cg: Codegen,
): string {
  const inner = create.trim().replace(/^\{/, '').replace(/\}$/, '').trim().replace(/,$/, '');
  const fields = parts.map((p, i) => `k${i}: ${detachedPart(p, keys[i].expr.type, cg)}`);
  return `{ ${[...fields, ...(inner ? [inner] : []), '_e: 0'].join(', ')} }`;
}

/** Fields of an accumulator, as tables want them. */
export function accFields(aggregates: CompiledAggregates): Field[] {
  return aggregates.accFields.map((f) => ({
    name: f.name,
    type: f.type === 'ANY' ? ({ kind: 'ANY', nullable: true } as const) : ({ ...f.type, nullable: true } as DataType),
  }));
}

/** The literal of a result row: columns in the schema's order, each by its code. */
export function rowCode(schema: RowSchema, columns: ReadonlyMap<string, string>): string {
  return `{ ${schema.fields
    .map((f) => {
      const code = columns.get(f.name);
      if (code === undefined) throw new Error(`nothing makes column ${f.name}`);
      return `${propertyKey(f.name)}: ${code}`;
    })
    .join(', ')} }`;
}
