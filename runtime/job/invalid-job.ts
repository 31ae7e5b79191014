import { type ErrorCode, type ErrorMessage, formatError, type Path, TidewheelError } from '../../api/index.js';
import type { Places } from './places.js';

/** A job file with problems, all of which are told. `code`, `where` and `hint` are those of the first. */
export class InvalidJobError extends TidewheelError {
  constructor(
    readonly file: string,
    readonly problems: readonly ErrorMessage[],
  ) {
    const first = problems[0];
    super(
      first.code as ErrorCode,
      problems.length === 1 ? first.message : `${first.message} (and ${problems.length - 1} more)`,
      {
        where: first.where,
        hint: first.hint,
        retryable: false,
      },
    );
    this.name = 'InvalidJobError';
  }

  /** One line a problem. */
  override toString(): string {
    return this.problems.map((problem) => formatError(problem)).join('\n');
  }
}

/** Collects what is wrong with one job, with the places. */
export class ProblemList {
  readonly problems: ErrorMessage[] = [];
  readonly warnings: ErrorMessage[] = [];

  constructor(readonly places: Places) {}

  add(
    code: ErrorCode,
    path: Path,
    message: string,
    more: { hint?: string; atKey?: boolean; index?: number } = {},
  ): void {
    const where = more.index === undefined ? this.places.of(path, more.atKey) : this.places.inside(path, more.index);
    this.problems.push({ code, message, where, ...(more.hint ? { hint: more.hint } : {}), retryable: false });
  }

  addError(error: ErrorMessage): void {
    this.problems.push(error);
  }

  warn(code: ErrorCode, path: Path, message: string, more: { hint?: string; index?: number } = {}): void {
    const where = more.index === undefined ? this.places.of(path) : this.places.inside(path, more.index);
    this.warnings.push({ code, message, where, ...(more.hint ? { hint: more.hint } : {}), retryable: false });
  }

  /** Throws when there is a problem; in the order of the file. */
  throwIfAny(): void {
    if (this.problems.length === 0) return;
    const order = (p: ErrorMessage) => (p.where?.line ?? 0) * 100_000 + (p.where?.column ?? 0);
    throw new InvalidJobError(
      this.places.file,
      [...this.problems].sort((a, b) => order(a) - order(b)),
    );
  }
}
