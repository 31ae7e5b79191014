import type { Logger } from '../../../runtime/source/contract.js';

export interface RecordingLog extends Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[];
}

/** Keeps what was logged. */
export function recordingLog(): RecordingLog {
  const lines: RecordingLog['lines'] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, message, fields });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
