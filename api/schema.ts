/**
 * Schemas of resources, written once: from one value come the static TypeScript types (`Written`, `Filled`), the structural
 * OpenAPI v3 schema of the CRD, the check of a job file, the defaults and the reference page.
 *
 * Hand-made because it has to be a structural schema (no type inside anyOf, defaults, CEL rules) and because reading a job
 * must not cost a library's start-up time.
 */

/** A rule over a value, in CEL for the API server and in TypeScript for the command line. */
export interface Rule {
  /** CEL, with `self` (and `oldSelf` in rules about changes). */
  readonly cel: string;
  readonly message: string;
  /** The same rule for files; absent where it is about a change. Gets the value as written, with defaults. */
  readonly check?: (value: any) => boolean;
  /** Field under the value that the message is about. */
  readonly field?: string;
}

/** One node of a structural OpenAPI v3 schema, and the rules that are checked with it. */
export interface SchemaNode {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  /** What the pattern means, in words: `a duration such as 5s`. */
  readonly patternText?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode;
  readonly items?: SchemaNode;
  /** Any JSON is let through; `open` objects check their known properties. */
  readonly preserveUnknown?: boolean;
  readonly intOrString?: boolean;
  readonly rules?: readonly Rule[];
  /** Lists that server-side apply merges by these keys. */
  readonly listMapKeys?: readonly string[];
  /** Whoever reads the list has better words for a key that is there twice. */
  readonly keysCheckedByReader?: boolean;
}

type Presence = 'required' | 'optional' | 'default';

/** A schema node with its static types: `Out` once defaults are filled, `In` as people write it. */
export interface Schema<Out = unknown, In = Out, P extends Presence = Presence> {
  readonly node: SchemaNode;
  readonly presence: P;
  /** Types only; never there at run time. */
  readonly types?: { readonly out: Out; readonly in: In };
}

type Props = Readonly<Record<string, Schema<any, any>>>;
type OutOf<S> = S extends Schema<infer O, any> ? O : never;
type InOf<S> = S extends Schema<any, infer I> ? I : never;
type Flat<T> = { [K in keyof T]: T[K] };
type FilledProps<P extends Props> = Flat<
  { [K in keyof P as P[K]['presence'] extends 'optional' ? never : K]: OutOf<P[K]> } & {
    [K in keyof P as P[K]['presence'] extends 'optional' ? K : never]?: OutOf<P[K]>;
  }
>;
type WrittenProps<P extends Props> = Flat<
  { [K in keyof P as P[K]['presence'] extends 'required' ? K : never]: InOf<P[K]> } & {
    [K in keyof P as P[K]['presence'] extends 'required' ? never : K]?: InOf<P[K]>;
  }
>;

/** The value with its defaults filled in. */
export type Filled<S> = OutOf<S>;
/** The value as people write it. */
export type Written<S> = InOf<S>;

function schema<Out, In = Out>(node: SchemaNode): Schema<Out, In, 'optional'> {
  return { node, presence: 'optional' };
}

export function text(
  description: string,
  more: Pick<SchemaNode, 'pattern' | 'patternText' | 'minLength' | 'maxLength' | 'format'> = {},
): Schema<string, string, 'optional'> {
  return schema({ type: 'string', description, ...more });
}

export function integer(
  description: string,
  more: Pick<SchemaNode, 'minimum' | 'maximum' | 'format'> = {},
): Schema<number, number, 'optional'> {
  return schema({ type: 'integer', description, ...more });
}

export function number(
  description: string,
  more: Pick<SchemaNode, 'minimum' | 'maximum'> = {},
): Schema<number, number, 'optional'> {
  return schema({ type: 'number', description, ...more });
}

export function flag(description: string): Schema<boolean, boolean, 'optional'> {
  return schema({ type: 'boolean', description });
}

export function choice<const V extends readonly string[]>(
  description: string,
  values: V,
): Schema<V[number], V[number], 'optional'> {
  return schema({ type: 'string', description, enum: values });
}

/** Text or a whole number: Kubernetes quantities. */
export function intOrString(
  description: string,
  more: Pick<SchemaNode, 'pattern' | 'patternText'> = {},
): Schema<string | number, string | number, 'optional'> {
  return schema({ description, intOrString: true, ...more });
}

export function object<P extends Props>(
  description: string,
  props: P,
  rules?: readonly Rule[],
): Schema<FilledProps<P>, WrittenProps<P>, 'optional'> {
  return schema({ type: 'object', description, ...properties(props), ...(rules ? { rules } : {}) });
}

/** An object with known properties that also takes others, whose values the caller checks. */
export function openObject<P extends Props>(
  description: string,
  props: P,
  rules?: readonly Rule[],
): Schema<FilledProps<P> & Record<string, unknown>, WrittenProps<P> & Record<string, unknown>, 'optional'> {
  return schema({
    type: 'object',
    description,
    preserveUnknown: true,
    ...properties(props),
    ...(rules ? { rules } : {}),
  });
}

function properties(props: Props): Pick<SchemaNode, 'properties' | 'required'> {
  const required = Object.keys(props).filter((name) => props[name].presence === 'required');
  return {
    properties: Object.fromEntries(Object.entries(props).map(([name, s]) => [name, s.node])),
    ...(required.length > 0 ? { required } : {}),
  };
}

export function list<S extends Schema<any, any>>(
  description: string,
  items: S,
  more: Pick<SchemaNode, 'minItems' | 'maxItems' | 'listMapKeys' | 'keysCheckedByReader' | 'rules'> = {},
): Schema<OutOf<S>[], InOf<S>[], 'optional'> {
  return schema({ type: 'array', description, items: items.node, ...more });
}

export function mapOf<S extends Schema<any, any>>(
  description: string,
  values: S,
  more: Pick<SchemaNode, 'maxProperties'> = {},
): Schema<Record<string, OutOf<S>>, Record<string, InOf<S>>, 'optional'> {
  return schema({ type: 'object', description, additionalProperties: values.node, ...more });
}

/** Any JSON value; checked by whoever reads it. */
export function anything<T = unknown>(description: string): Schema<T, T, 'optional'> {
  return schema({ description, preserveUnknown: true });
}

/** The field has to be there. */
export function required<O, I>(s: Schema<O, I>): Schema<O, I, 'required'> {
  return { node: s.node, presence: 'required' };
}

/** The value when the field is left out. */
export function withDefault<O, I>(s: Schema<O, I>, value: I): Schema<O, I, 'default'> {
  return { node: { ...s.node, default: value }, presence: 'default' };
}

/** The same with rules of its own. */
export function withRules<O, I, P extends Presence>(s: Schema<O, I, P>, rules: readonly Rule[]): Schema<O, I, P> {
  return { ...s, node: { ...s.node, rules } };
}
