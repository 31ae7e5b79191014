import { TidewheelError } from '../../api/index.js';

/** The API server's answer when it is not a success. `status` is the HTTP status; 0: no answer at all. */
export class KubeError extends TidewheelError {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    cause?: unknown,
  ) {
    super(status === 0 || status === 429 || status >= 500 ? 'TW6002' : status === 409 ? 'TW6003' : 'TW6001', message, {
      cause,
      details: { status, reason },
    });
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409;
}

/** The watch's position is older than what the API server remembers: list again. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeError && error.status === 410;
}
