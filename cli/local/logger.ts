/** pino, as the few calls that the runtime needs. */
import { pino } from 'pino';
import type { Logger } from '../../runtime/source/contract.js';

/** Logs to standard error, so that a job's printed rows stay alone on standard output. */
export function createLogger(level: string, fields: object = {}): Logger {
  return pino({ level, base: { ...fields } }, pino.destination({ fd: 2, sync: false }));
}
