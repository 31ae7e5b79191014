/** pino, as the few calls that the runtime needs. */
import { createRequire } from 'node:module';
import type { Logger as Pino, pino as PinoModule } from 'pino';
import type { Logger } from '../../runtime/source/contract.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Logs to standard error, so that a job's printed rows stay alone on standard output. pino is loaded with the first line that is to
 * be written: a short job at level `warn` never needs it.
 */
export function createLogger(level: string, fields: object = {}): Logger {
  let loaded: Pino | undefined;
  const load = () => {
    const { pino } = createRequire(import.meta.url)('pino') as { pino: typeof PinoModule };
    return pino({ level, base: { ...fields } }, pino.destination({ fd: 2, sync: false }));
  };
  const least = LEVELS.indexOf(level as 'info');
  // Of levels that are not in the list, pino knows what they mean.
  const isSilent = (rank: number) => level === 'silent' || (least >= 0 && rank < least);
  const write = (name: (typeof LEVELS)[number], rank: number): Logger['info'] =>
    isSilent(rank) ? () => {} : (given, text) => (loaded ??= load())[name](given, text);
  return { debug: write('debug', 0), info: write('info', 1), warn: write('warn', 2), error: write('error', 3) };
}
