/**
 * Collects what generated JavaScript needs: values bound by name, and temporaries.
 *
 * Generated code is made of expressions only (temporaries are assigned inside them), so that a piece of code can be put
 * behind `?:`, `&&` or `||` and is then evaluated only when its turn comes. Whoever wraps expressions into a function puts
 * `takeDeclarations()` at the start of the function body.
 */
export interface CodegenOptions {
  /** Processing time in milliseconds, for CURRENT_TIMESTAMP and its like. Default Date.now. */
  readonly now?: () => number;
  /** How far event time is where the code runs, for CURRENT_WATERMARK. Left out where there is none to ask. */
  readonly watermark?: () => number;
}

export class Codegen {
  readonly now: () => number;
  readonly watermark: (() => number) | undefined;
  private readonly bound = new Map<unknown, string>();
  private readonly names: string[] = [];
  private readonly values: unknown[] = [];
  private temps: string[] = [];
  private counter = 0;

  constructor(options: CodegenOptions = {}) {
    this.now = options.now ?? Date.now;
    this.watermark = options.watermark;
  }

  /** A name under which the generated code sees `value`. The same value gets the same name. */
  bind(value: unknown, hint: string): string {
    const known = this.bound.get(value);
    if (known !== undefined) return known;
    const name = this.fresh(hint);
    this.bound.set(value, name);
    this.names.push(name);
    this.values.push(value);
    return name;
  }

  /** An identifier that is used nowhere else in this code. */
  fresh(hint: string): string {
    return `${/^[A-Za-z_]\w*$/.test(hint) ? hint : '_'}$${this.counter++}`;
  }

  /** A temporary variable, declared by the next takeDeclarations(). */
  temp(hint = 't'): string {
    const name = this.fresh(hint);
    this.temps.push(name);
    return name;
  }

  /** `let a, b;` for the temporaries made since the last call; belongs at the start of the function that uses them. */
  takeDeclarations(): string {
    const text = this.temps.length === 0 ? '' : `let ${this.temps.join(', ')};\n`;
    this.temps = [];
    return text;
  }

  /** Evaluates `body` (statements with a `return`) in a strict function that sees the bound values. */
  build<T>(body: string): T {
    return new Function(...this.names, `'use strict';\n${body}`)(...this.values) as T;
  }
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Property access that is safe for any column name. */
export function property(object: string, name: string): string {
  return IDENTIFIER.test(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`;
}

/** A key of an object literal. `__proto__` is computed, for it would set the prototype otherwise. */
export function propertyKey(name: string): string {
  if (name === '__proto__') return '["__proto__"]';
  return IDENTIFIER.test(name) ? name : JSON.stringify(name);
}
