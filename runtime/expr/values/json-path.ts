/**
 * Paths into JSON as Flink's JSON functions know them (Jayway's dialect): `lax $.a[0].b`, `$..b`, `$.a[*]`, `$.a[1:3]`,
 * `$.a[0,2]`, `$['a b']`, `$.a[?(@.x > 2 && @.y == 'u')]`.
 */
import { isJsonNumber, JsonNumber } from './json-value.js';
import { PatternError } from './regex.js';

type Step =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'filter'; readonly test: (value: any, root: any) => boolean };

export interface JsonPath {
  /** strict (the default): a missing member is an error. lax: it is empty. */
  readonly strict: boolean;
  /** May give several values, which then come as an array. */
  readonly indefinite: boolean;
  readonly steps: readonly Step[];
}

/** What a path finds: a value, nothing, or (strict) an error. */
export type Found = { readonly value: any } | 'empty' | 'error';

/** Parses a path. Throws PatternError where it isn't one. */
export function parseJsonPath(text: string): JsonPath {
  const mode = /^\s*(lax|strict)\s+/i.exec(text);
  const parser = new PathParser(text, mode ? mode[0].length : 0);
  const steps = parser.steps('$');
  parser.end();
  const indefinite = !steps.every(isDefinite);
  return { strict: mode?.[1].toLowerCase() !== 'lax', indefinite, steps };
}

/** Finds one value at most. */
function isDefinite(step: Step): boolean {
  return (step.kind === 'names' && step.names.length === 1) || (step.kind === 'indexes' && step.indexes.length === 1);
}

class PathParser {
  constructor(
    private readonly text: string,
    private at: number,
  ) {}

  private fail(expected: string): never {
    throw new PatternError(`JSON path '${this.text}', position ${this.at + 1}: expected ${expected}`);
  }

  private space(): void {
    while (this.text[this.at] === ' ') this.at++;
  }

  private take(token: string): boolean {
    this.space();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) this.fail("'.', '[' or the end");
  }

  steps(root: '$' | '@'): Step[] {
    if (!this.take(root)) this.fail(`'${root}'`);
    const steps: Step[] = [];
    for (;;) {
      const c = this.text[this.at];
      if (c === '.') {
        this.at++;
        if (this.text[this.at] === '.') {
          this.at++;
          steps.push({ kind: 'descend' });
        }
        if (this.text[this.at] === '[') continue;
        if (this.text[this.at] === '*') {
          this.at++;
          steps.push({ kind: 'all' });
          continue;
        }
        const name = /^[^.[\]()\s=<>!&|,'"?]+/.exec(this.text.slice(this.at));
        if (!name) this.fail('a name');
        this.at += name[0].length;
        steps.push({ kind: 'names', names: [name[0]] });
      } else if (c === '[') {
        this.at++;
        steps.push(this.bracket());
        if (!this.take(']')) this.fail("']'");
      } else return steps;
    }
  }

  private bracket(): Step {
    if (this.take('*')) return { kind: 'all' };
    if (this.take('?')) {
      if (!this.take('(')) this.fail("'('");
      const test = this.or();
      if (!this.take(')')) this.fail("')'");
      return { kind: 'filter', test };
    }
    this.space();
    if (this.text[this.at] === "'" || this.text[this.at] === '"') {
      const names = [this.quoted()];
      while (this.take(',')) {
        this.space();
        names.push(this.quoted());
      }
      return { kind: 'names', names };
    }
    const first = this.integer();
    if (this.take(':')) return { kind: 'slice', from: first, to: this.integer() };
    if (first === undefined) this.fail("a position, a name in quotes, '*' or '?('");
    const indexes = [first];
    while (this.take(',')) indexes.push(this.integer() ?? this.fail('a position'));
    return { kind: 'indexes', indexes };
  }

  private integer(): number | undefined {
    this.space();
    const match = /^-?\d+/.exec(this.text.slice(this.at));
    if (!match) return undefined;
    this.at += match[0].length;
    return Number(match[0]);
  }

  private quoted(): string {
    const quote = this.text[this.at];
    if (quote !== "'" && quote !== '"') this.fail('a name in quotes');
    let out = '';
    for (this.at++; this.text[this.at] !== quote; this.at++) {
      if (this.at >= this.text.length) this.fail(quote);
      if (this.text[this.at] === '\\') this.at++;
      out += this.text[this.at];
    }
    this.at++;
    return out;
  }

  private or(): (value: any, root: any) => boolean {
    const parts = [this.and()];
    while (this.take('||')) parts.push(this.and());
    return parts.length === 1 ? parts[0] : (value, root) => parts.some((part) => part(value, root));
  }

  private and(): (value: any, root: any) => boolean {
    const parts = [this.comparison()];
    while (this.take('&&')) parts.push(this.comparison());
    return parts.length === 1 ? parts[0] : (value, root) => parts.every((part) => part(value, root));
  }

  private comparison(): (value: any, root: any) => boolean {
    if (this.take('!')) {
      const inner = this.comparison();
      return (value, root) => !inner(value, root);
    }
    if (this.take('(')) {
      const inner = this.or();
      if (!this.take(')')) this.fail("')'");
      return inner;
    }
    const left = this.operand();
    for (const op of ['==', '!=', '<=', '>=', '=~', '<', '>'] as const) {
      if (!this.take(op)) continue;
      if (op === '=~') {
        const regex = this.regex();
        return (value, root) => {
          const a = left(value, root);
          return typeof a === 'string' && regex.test(a);
        };
      }
      const right = this.operand();
      return (value, root) => compare(op, left(value, root), right(value, root));
    }
    // A path alone: it exists.
    return (value, root) => left(value, root) !== undefined;
  }

  private regex(): RegExp {
    this.space();
    const match = /^\/((?:[^/\\]|\\.)*)\/(i?)/.exec(this.text.slice(this.at));
    if (!match) this.fail('a regular expression /…/');
    this.at += match[0].length;
    return new RegExp(`^(?:${match[1]})$`, match[2]);
  }

  private operand(): (value: any, root: any) => any {
    this.space();
    const c = this.text[this.at];
    if (c === '@' || c === '$') {
      const steps = this.steps(c);
      return (value, root) => {
        const found = walk([c === '@' ? value : root], { strict: false, indefinite: true, steps }, root);
        return found === 'error' || found.length === 0 ? undefined : found[0];
      };
    }
    if (c === "'" || c === '"') {
      const text = this.quoted();
      return () => text;
    }
    const match = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(this.text.slice(this.at));
    if (!match) this.fail('a value');
    this.at += match[0].length;
    const constant = JSON.parse(match[0]);
    return () => constant;
  }
}

function compare(op: string, a: any, b: any): boolean {
  if (a === undefined || b === undefined) return op === '!=' && a !== b;
  const x = a instanceof JsonNumber ? Number(a.text) : a;
  const y = b instanceof JsonNumber ? Number(b.text) : b;
  if (op === '==') return x === y;
  if (op === '!=') return x !== y;
  if (typeof x !== typeof y || (typeof x !== 'string' && !isJsonNumber(x))) return false;
  return op === '<' ? x < y : op === '<=' ? x <= y : op === '>' ? x > y : x >= y;
}

/** Follows the path. An indefinite path gives the array of what it found. */
export function followJsonPath(root: any, path: JsonPath): Found {
  const found = walk([root], path, root);
  if (found === 'error') return 'error';
  if (path.indefinite) return { value: found };
  return found.length === 0 ? 'empty' : { value: found[0] };
}

function walk(start: any[], path: JsonPath, root: any): any[] | 'error' {
  let values = start;
  // Behind the first step that may find several values, what isn't there is left out in strict mode too.
  let { strict } = path;
  for (const step of path.steps) {
    const next: any[] = [];
    for (const value of values) {
      const before = next.length;
      apply(step, value, root, next);
      if (strict && next.length === before && (!path.indefinite || isMistaken(step, value))) return 'error';
    }
    strict &&= !path.indefinite || isDefinite(step);
    values = next;
  }
  return values;
}

/** Whether a step that found nothing is an error although the path may find several values: an index out of range is not. */
function isMistaken(step: Step, value: any): boolean {
  if (step.kind === 'names') return true;
  if (step.kind === 'indexes' || step.kind === 'slice') return !Array.isArray(value);
  return step.kind === 'filter' && (value === null || typeof value !== 'object' || value instanceof JsonNumber);
}

function apply(step: Step, value: any, root: any, out: any[]): void {
  const isObject =
    value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof JsonNumber);
  switch (step.kind) {
    case 'names':
      if (!isObject) return;
      if (step.names.length === 1) {
        if (Object.hasOwn(value, step.names[0])) out.push(value[step.names[0]]);
      } else
        out.push(
          Object.fromEntries(
            step.names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]]),
          ),
        );
      return;
    case 'indexes':
      if (!Array.isArray(value)) return;
      for (const index of step.indexes) {
        const at = index < 0 ? value.length + index : index;
        if (at >= 0 && at < value.length) out.push(value[at]);
      }
      return;
    case 'slice': {
      if (Array.isArray(value)) out.push(...value.slice(step.from ?? 0, step.to ?? value.length));
      return;
    }
    case 'all':
      if (Array.isArray(value)) out.push(...value);
      else if (isObject) out.push(...Object.values(value));
      return;
    case 'filter':
      if (Array.isArray(value)) out.push(...value.filter((element) => step.test(element, root)));
      else if (isObject && step.test(value, root)) out.push(value);
      return;
    default:
      descend(value, out);
  }
}

/** The value and all that is inside it, outermost first. */
function descend(value: any, out: any[]): void {
  if (value === null || typeof value !== 'object' || value instanceof JsonNumber) return;
  out.push(value);
  for (const inner of Array.isArray(value) ? value : Object.values(value)) descend(inner, out);
}
