import { isErrorMessage, TidewheelError } from '../../../api/errors.js';

/** An error of the disk with the path in it. A full disk may pass. */
export function writeError(path: string, error: Error): Error {
  if (isErrorMessage(error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  return new TidewheelError('TW3102', `can't write '${path}': ${error.message}`, {
    cause: error,
    retryable: code === 'ENOSPC' || code === 'EIO' || code === 'EAGAIN' || code === 'EMFILE',
  });
}
