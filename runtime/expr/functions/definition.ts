/**
 * What a scalar function is: one entry of the function table. Everything about it is derived from its entry: binding,
 * generated code, error messages, reference pages.
 */
import type { DataType } from '../../record/types.js';
import type { Codegen } from '../codegen/codegen.js';
import type { CallExpr } from '../ir.js';
import { type Infer, parseSignatures } from './signature.js';

export type Family =
  | 'comparison'
  | 'logical'
  | 'arithmetic'
  | 'string'
  | 'temporal'
  | 'conditional'
  | 'conversion'
  | 'collection'
  | 'json'
  | 'construction'
  | 'access'
  | 'hash'
  | 'bitmap'
  | 'auxiliary';

/** What an entry's `emit` gets besides the code of its arguments. */
export interface EmitCall {
  readonly cg: Codegen;
  readonly call: CallExpr;
  /** Types of the arguments. */
  readonly types: readonly DataType[];
  /** Type of the result. */
  readonly type: DataType;
  /** Session time zone, for zoned entries. */
  readonly zone: string;
  /** The code of a call of `fn`. */
  fn(fn: (...args: any[]) => unknown, ...args: string[]): string;
  /** The argument's value when it is a literal, else `undefined`. */
  literal(index: number): unknown;
  /** Code that is TRUE or not (`wanted`: FALSE or not) for argument `index`. */
  condition(index: number, wanted: boolean): string;
}

export interface FunctionDef {
  /** `fn` of a CallExpr. */
  readonly id: string;
  /** Names in SQL, upper case; operators that only the grammar knows have their symbol. */
  readonly names: readonly string[];
  readonly family: Family;
  /** How it is written. */
  readonly syntax: readonly string[];
  /** Accepted signatures, for messages: `(STRING, INT) -> STRING`. */
  readonly signatures: readonly string[];
  readonly infer: Infer;
  /** strict: NULL when any argument is NULL, and `emit` never sees a NULL. */
  readonly nulls: 'strict' | 'custom';
  /** False: another result at each call (RAND, CURRENT_TIMESTAMP). */
  readonly deterministic: boolean;
  /** False: not computed before it runs although its arguments are constant. */
  readonly foldable: boolean;
  /** The session's time zone is given as an additional last argument (see withTimeZone). */
  readonly zoned: boolean;
  readonly doc: string;
  /** SQL text and its result as text. */
  readonly examples: readonly (readonly [string, string])[];
  /**
   * The code of the value. Arguments are code of expressions; where `atoms`, they are cheap and may be repeated, else each
   * may stand in the result once.
   */
  readonly emit: (args: string[], call: EmitCall) => string;
  readonly atoms: boolean;
  /** Whether a strict call may be NULL although no argument is. */
  readonly mayBeNull: (call: CallExpr) => boolean;
  /** A better code for "is TRUE" (wanted) or "is FALSE" (not wanted) than comparing the value. */
  readonly condition?: (args: string[], call: EmitCall, wanted: boolean) => string | undefined;
}

/** An entry as it is written down; the rest has defaults. */
export interface FunctionEntry {
  readonly names: readonly string[];
  readonly id?: string;
  readonly syntax?: readonly string[];
  /** `(STRING, INT?, ANY...) -> STRING`, see signature.ts. */
  readonly signatures: readonly string[];
  /** In place of what the signatures say, for types that depend on types or values of arguments. */
  readonly infer?: Infer;
  readonly nulls?: 'strict' | 'custom';
  readonly deterministic?: boolean;
  readonly foldable?: boolean;
  readonly zoned?: boolean;
  readonly doc: string;
  readonly examples?: readonly (readonly [string, string])[];
  readonly emit?: FunctionDef['emit'];
  /** In place of `emit`: a function of the arguments' values. */
  readonly call?: (...args: any[]) => unknown;
  readonly atoms?: boolean;
  /** When types alone don't tell: whether a strict call may be NULL although no argument is. */
  readonly mayBeNull?: (call: CallExpr) => boolean;
  readonly condition?: FunctionDef['condition'];
}

/** True when the result is nullable only because arguments are. */
function signatureIsNullRule(entry: FunctionEntry, call: CallExpr): boolean {
  const known = call.args.map((arg) => ({
    ...arg,
    type: { ...arg.type, nullable: arg.type.kind === 'NULL' } as DataType,
  }));
  const types = known.map((arg) => arg.type);
  const result = (entry.infer ?? parseSignatures(entry.names[0], entry.signatures))(types, known);
  return typeof result !== 'string' && !result.type.nullable;
}

/** Completes the entries of a family. */
export function defineFamily(family: Family, entries: readonly FunctionEntry[]): FunctionDef[] {
  return entries.map((entry) => {
    const call = entry.call;
    if (!entry.emit && !call) throw new TypeError(`function ${entry.names[0]} has neither emit nor call`);
    const name = entry.names[0];
    return {
      id: entry.id ?? name,
      names: entry.names,
      family,
      syntax: entry.syntax ?? entry.signatures.map((s) => name + s.replace(/\s*->.*$/, '')),
      signatures: entry.signatures,
      infer: entry.infer ?? parseSignatures(name, entry.signatures),
      nulls: entry.nulls ?? 'strict',
      deterministic: entry.deterministic ?? true,
      foldable: entry.foldable ?? entry.deterministic ?? true,
      zoned: entry.zoned ?? false,
      doc: entry.doc,
      examples: entry.examples ?? [],
      emit: entry.emit ?? ((args, e) => e.fn(call!, ...args)),
      atoms: entry.atoms ?? false,
      mayBeNull: (c) => c.type.nullable && (entry.mayBeNull ? entry.mayBeNull(c) : !signatureIsNullRule(entry, c)),
      condition: entry.condition,
    };
  });
}
