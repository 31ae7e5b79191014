import { ERROR_CODES, type ErrorCode } from './error-codes.js';

/** A place in a job file. Lines and columns count from 1. */
export interface Where {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface TidewheelErrorOptions {
  readonly where?: Where;
  /** What to do next. */
  readonly hint?: string;
  /** Whether the same call may succeed later. Default: what the table of codes says. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Values that programs want: topic, partition, offset, field … */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What crosses threads, processes and HTTP in place of the error. */
export interface ErrorMessage {
  readonly code: string;
  readonly message: string;
  readonly where?: Where;
  readonly hint?: string;
  readonly retryable: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly stack?: string;
  readonly cause?: ErrorMessage;
}

/**
 * An error that a caller can act on. `code` is stable (docs/errors.md); match on it, not on the text, and never on the
 * class, which doesn't survive a thread or process boundary.
 */
export class TidewheelError extends Error {
  readonly code: string;
  readonly where?: Where;
  readonly hint?: string;
  readonly retryable: boolean;
  readonly details?: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: TidewheelErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TidewheelError';
    this.code = code;
    this.where = options.where;
    this.hint = options.hint;
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable;
    this.details = options.details;
  }

  /** `job.yaml:3:5: TW1003: unknown field 'paralelism'. Did you mean 'parallelism'?` */
  override toString(): string {
    return formatError(this);
  }
}

/** One line for people: place, code, message, hint. */
export function formatError(error: Pick<ErrorMessage, 'code' | 'message' | 'where' | 'hint'>): string {
  const place = error.where ? `${formatWhere(error.where)}: ` : '';
  return `${place}${error.code}: ${error.message}${error.hint ? `. ${error.hint}` : ''}`;
}

export function formatWhere(where: Where): string {
  if (where.line === undefined) return where.file;
  return where.column === undefined ? `${where.file}:${where.line}` : `${where.file}:${where.line}:${where.column}`;
}

/** An error as plain JSON. Errors of other kinds get the code TW9001. */
export function toErrorMessage(error: unknown): ErrorMessage {
  if (isErrorMessage(error)) {
    const from = error as ErrorMessage & { cause?: unknown };
    return {
      code: from.code,
      message: from.message,
      retryable: from.retryable,
      ...(from.where ? { where: from.where } : {}),
      ...(from.hint ? { hint: from.hint } : {}),
      ...(from.details ? { details: from.details } : {}),
      ...(from.stack ? { stack: from.stack } : {}),
      ...(from.cause === undefined ? {} : { cause: toErrorMessage(from.cause) }),
    };
  }
  if (error instanceof Error) {
    return {
      code: 'TW9001',
      message: error.message || error.name,
      retryable: false,
      ...(error.stack ? { stack: error.stack } : {}),
      ...(error.cause === undefined ? {} : { cause: toErrorMessage(error.cause) }),
    };
  }
  return { code: 'TW9001', message: String(error), retryable: false };
}

/** The error again on the other side. Codes that this version doesn't know are kept. */
export function fromErrorMessage(message: ErrorMessage): TidewheelError {
  const error = new TidewheelError(
    message.code in ERROR_CODES ? (message.code as ErrorCode) : 'TW9001',
    message.message,
    {
      where: message.where,
      hint: message.hint,
      retryable: message.retryable,
      details: message.details,
      cause: message.cause ? fromErrorMessage(message.cause) : undefined,
    },
  );
  Object.assign(error, { code: message.code });
  if (message.stack) error.stack = message.stack;
  return error;
}

/** True for a TidewheelError and for one that came as plain JSON. */
export function isErrorMessage(error: unknown): error is ErrorMessage {
  return (
    typeof error === 'object' &&
    error !== null &&
    typeof (error as ErrorMessage).code === 'string' &&
    /^TW\d{4}$/.test((error as ErrorMessage).code) &&
    typeof (error as ErrorMessage).retryable === 'boolean'
  );
}
