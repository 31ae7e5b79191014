/**
 * What goes wrong, as the protocol says it: a status and `{"error": "…"}`.
 *
 * 400 not a request of the protocol, or inputs that don't fit · 403 control of the repository is off · 404 no such model, version
 * or path · 405 another method · 413 too large · 415 another encoding · 500 the model failed · 503 not ready, full, or draining
 * (with Retry-After: the same request may go through later).
 */
import { isErrorMessage } from '../../api/index.js';

export class ProtocolError extends Error {
  /** Whether a version's metrics have it: then it is not counted again as one that reached none. */
  counted = false;

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const badRequest = (message: string) => new ProtocolError(400, message);
export const notFound = (message: string) => new ProtocolError(404, message);
/** Marks answers of servers that can't serve yet, or no more: another one can, or will soon. */
export const NOT_READY = 'tidewheel-not-ready';
export const notReady = (message: string) =>
  new ProtocolError(503, message, { 'retry-after': '1', [NOT_READY]: 'true' });
export const unavailable = (message: string) => new ProtocolError(503, message, { 'retry-after': '1' });

/** Errors of the model library: inputs that don't fit are the client's fault, others ours. */
export function asProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (isErrorMessage(error)) {
    const status = CLIENT_CODES.has(error.code) ? 400 : MISSING_CODES.has(error.code) ? 404 : 500;
    return new ProtocolError(status, `${error.code}: ${error.message}`);
  }
  return new ProtocolError(500, `TW9001: ${(error as Error)?.message ?? String(error)}`);
}

const CLIENT_CODES = new Set(['TW7203', 'TW7306']);
const MISSING_CODES = new Set(['TW7301', 'TW7302']);
