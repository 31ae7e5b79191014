/** Who may change what is served: whoever knows the token that the operator made. It stands in the request's body. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Without a token of our own nobody is allowed. */
export function isAuthorized(given: unknown, token: string | undefined): boolean {
  if (!token || typeof given !== 'string') return false;
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
