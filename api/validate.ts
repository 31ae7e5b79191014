/** Checks a value against a schema and fills its defaults, as the API server would, but with all problems and better words. */
import type { ErrorCode } from './error-codes.js';
import { nearestName } from './nearest.js';
import type { SchemaNode } from './schema.js';

export type Path = readonly (string | number)[];

export interface Problem {
  readonly code: ErrorCode;
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
  /** The problem is the field's name rather than its value. */
  readonly atKey?: boolean;
}

/**
 * All problems of a value, in the order of its fields; empty when it fits. Rules are checked where the parts that they read
 * have no problems of their own.
 */
export function validate(node: SchemaNode, value: unknown, path: Path = []): Problem[] {
  const problems: Problem[] = [];
  check(node, value, path, problems);
  return problems;
}

/** A copy with defaults filled in, nested ones too. The value must be free of problems. */
export function fillDefaults(node: SchemaNode, value: any): any {
  if (value === undefined || value === null) return value;
  if (node.type === 'object' && isObject(value)) {
    const out: Record<string, unknown> = { ...value };
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      // As in Kubernetes, null is the same as left out.
      if (out[name] === null && !child.nullable) delete out[name];
      if (out[name] === undefined && child.default !== undefined) out[name] = structuredClone(child.default);
      if (out[name] !== undefined) out[name] = fillDefaults(child, out[name]);
    }
    return out;
  }
  if (node.type === 'array' && node.items && Array.isArray(value)) {
    const items = node.items;
    return value.map((item) => fillDefaults(items, item));
  }
  return value;
}

function check(node: SchemaNode, value: unknown, path: Path, problems: Problem[]): void {
  const before = problems.length;
  if (node.intOrString) {
    if (typeof value !== 'string' && typeof value !== 'number') problems.push(wrong(path, 'text or a number', value));
    else if (node.pattern && !matches(node.pattern, String(value)))
      problems.push(wrong(path, node.patternText ?? node.pattern, value));
    return;
  }
  switch (node.type) {
    case 'object':
      checkObject(node, value, path, problems);
      break;
    case 'array':
      checkArray(node, value, path, problems);
      break;
    case 'string':
      checkText(node, value, path, problems);
      break;
    case 'integer':
    case 'number':
      checkNumber(node, value, path, problems);
      break;
    case 'boolean':
      if (typeof value !== 'boolean') problems.push(wrong(path, 'true or false', value));
      break;
    default:
      break;
  }
  if (problems.length === before && node.rules) checkRules(node, value, path, problems);
}

function checkObject(node: SchemaNode, value: unknown, path: Path, problems: Problem[]): void {
  if (!isObject(value)) {
    problems.push(wrong(path, 'an object', value));
    return;
  }
  const known = node.properties ?? {};
  for (const [name, child] of Object.entries(value)) {
    const at = [...path, name];
    if (Object.hasOwn(known, name)) {
      // As in Kubernetes, null is the same as left out.
      if (child !== null) check(known[name], child, at, problems);
    } else if (node.additionalProperties) {
      check(node.additionalProperties, child, at, problems);
    } else if (!node.preserveUnknown) {
      problems.push(unknownField(name, Object.keys(known), at));
    }
  }
  for (const name of node.required ?? []) {
    if ((value[name] ?? undefined) === undefined) {
      problems.push({
        code: 'TW1005',
        path,
        message: `${path.length > 0 ? `'${showPath(path)}' lacks the field` : 'missing field'} '${name}'`,
        ...(known[name]?.description ? { hint: `${name}: ${known[name].description}` } : {}),
      });
    }
  }
  if (node.maxProperties !== undefined && Object.keys(value).length > node.maxProperties) {
    problems.push(wrong(path, `at most ${node.maxProperties} entries`, `${Object.keys(value).length} entries`, true));
  }
}

/** The problem of a field that isn't known, with the nearest known name or all names. */
export function unknownField(name: string, known: readonly string[], path: Path): Problem {
  const near = nearestName(name, known);
  const parent = path.slice(0, -1);
  const hint = near
    ? `Did you mean '${near}'?`
    : known.length > 0
      ? `Known fields: ${[...known].sort().join(', ')}`
      : undefined;
  return {
    code: 'TW1003',
    path,
    atKey: true,
    message: `unknown field '${name}'${parent.length > 0 ? ` in '${showPath(parent)}'` : ''}`,
    ...(hint ? { hint } : {}),
  };
}

function checkArray(node: SchemaNode, value: unknown, path: Path, problems: Problem[]): void {
  if (!Array.isArray(value)) {
    problems.push(wrong(path, 'a list', value));
    return;
  }
  if (node.minItems !== undefined && value.length < node.minItems) {
    problems.push(
      wrong(path, `at least ${node.minItems} ${node.minItems === 1 ? 'item' : 'items'}`, `${value.length} items`, true),
    );
  }
  if (node.maxItems !== undefined && value.length > node.maxItems) {
    problems.push(wrong(path, `at most ${node.maxItems} items`, `${value.length} items`, true));
  }
  const items = node.items;
  if (items)
    value.forEach((item, i) => {
      check(items, item, [...path, i], problems);
    });
  if (node.listMapKeys && !node.keysCheckedByReader) checkKeys(node.listMapKeys, value, path, problems);
}

/** Of two items with one key the API server takes neither. */
function checkKeys(keys: readonly string[], items: readonly unknown[], path: Path, problems: Problem[]): void {
  const seen = new Map<string, number>();
  items.forEach((item, i) => {
    if (!isObject(item) || keys.some((key) => item[key] === undefined)) return;
    const values = keys.map((key) => item[key]);
    const first = seen.get(JSON.stringify(values));
    if (first === undefined) {
      seen.set(JSON.stringify(values), i);
      return;
    }
    const at = [...path, i, keys[0]];
    const message = `'${showPath(at)}' is ${values.map(show).join(', ')}, as '${showPath([...path, first, keys[0]])}' is`;
    problems.push({ code: 'TW1004', path: at, message, hint: 'Each may be there once.' });
  });
}

function checkText(node: SchemaNode, value: unknown, path: Path, problems: Problem[]): void {
  if (node.enum) {
    if (typeof value === 'string' && node.enum.includes(value)) return;
    const near = typeof value === 'string' ? nearestName(value, node.enum) : undefined;
    const problem = wrong(path, node.enum.length === 1 ? node.enum[0] : `one of ${node.enum.join(', ')}`, value);
    problems.push(near ? { ...problem, hint: `Did you mean '${near}'?` } : problem);
    return;
  }
  if (typeof value !== 'string') {
    problems.push(wrong(path, node.patternText ?? 'text', value));
    return;
  }
  if (node.pattern && !matches(node.pattern, value))
    problems.push(wrong(path, node.patternText ?? `text like ${node.pattern}`, value));
  else if (node.minLength !== undefined && value.length < node.minLength) {
    problems.push(
      wrong(path, node.minLength === 1 ? 'text that is not empty' : `at least ${node.minLength} letters`, value),
    );
  } else if (node.maxLength !== undefined && value.length > node.maxLength) {
    problems.push(wrong(path, `at most ${node.maxLength} letters`, `${value.length} letters`, true));
  }
}

function checkNumber(node: SchemaNode, value: unknown, path: Path, problems: Problem[]): void {
  const whole = node.type === 'integer';
  const bounds =
    node.minimum !== undefined && node.maximum !== undefined
      ? ` from ${node.minimum} to ${node.maximum}`
      : node.minimum !== undefined
        ? `, ${node.minimum} or more`
        : '';
  const good =
    typeof value === 'number' &&
    (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    (node.minimum === undefined || value >= node.minimum) &&
    (node.maximum === undefined || value <= node.maximum);
  if (!good) problems.push(wrong(path, `a ${whole ? 'whole ' : ''}number${bounds}`, value));
}

function checkRules(node: SchemaNode, value: unknown, path: Path, problems: Problem[]): void {
  let filled: unknown;
  for (const rule of node.rules ?? []) {
    if (!rule.check) continue;
    filled ??= fillDefaults(node, value);
    if (rule.check(filled)) continue;
    const at = rule.field ? [...path, ...rule.field.split('.')] : path;
    problems.push({ code: 'TW1006', path: at, message: rule.message });
  }
}

function wrong(path: Path, expected: string, seen: unknown, plain = false): Problem {
  const what = path.length > 0 ? `'${showPath(path)}' must be` : 'expected';
  return { code: 'TW1004', path, message: `${what} ${expected}, not ${plain ? seen : show(seen)}` };
}

/** `spec.graph.nodes[2].name` */
export function showPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : String(part)),
    '',
  );
}

function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return value.length > 60 ? `'${value.slice(0, 57)}…'` : `'${value}'`;
  return String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const compiled = new Map<string, RegExp>();
function matches(pattern: string, value: string): boolean {
  let regexp = compiled.get(pattern);
  if (!regexp) compiled.set(pattern, (regexp = new RegExp(pattern)));
  return regexp.test(value);
}
