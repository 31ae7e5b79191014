/** SET and RESET: which options there are and what they change. */
import { parseDuration } from '../../time/duration.js';
import type { ResetCommand, SetCommand, Span } from '../ast/index.js';
import { SqlError } from '../error.js';

export interface SettingsStart {
  readonly mode: 'streaming' | 'batch';
  readonly timeZone: string;
  readonly ttlMs?: number;
  /** The mode is that of a job: SET may name it, but not change it. */
  readonly fixedMode: boolean;
}

export class Settings {
  /** Keys and values as written. */
  readonly written = new Map<string, string>();
  batch: boolean;
  timeZone: string;
  ttlMs: number | undefined;

  constructor(private readonly start: SettingsStart) {
    this.batch = start.mode === 'batch';
    this.timeZone = start.timeZone;
    this.ttlMs = start.ttlMs;
  }

  /** Throws for a value that is wrong; false: nothing here knows the key. */
  set(node: SetCommand & { readonly key: string; readonly value: string }): boolean {
    const { key, value, span } = node;
    const known = this.apply(key, value, span);
    this.written.set(key, value);
    return known;
  }

  reset(node: ResetCommand): void {
    const keys = node.key === undefined ? [...this.written.keys()] : [node.key];
    for (const key of keys) {
      this.written.delete(key);
      if (key === 'table.local-time-zone') this.timeZone = this.start.timeZone;
      else if (key === 'table.exec.state.ttl') this.ttlMs = this.start.ttlMs;
      else if (key === 'execution.runtime-mode') this.batch = this.start.mode === 'batch';
    }
  }

  private apply(key: string, value: string, span: Span): boolean {
    switch (key) {
      case 'table.local-time-zone':
        this.timeZone = timeZone(value, span);
        return true;
      case 'table.exec.state.ttl':
        this.ttlMs = duration(value, span);
        return true;
      case 'execution.runtime-mode':
        this.batch = this.mode(key, value, span) === 'batch';
        return true;
      default:
        return false;
    }
  }

  private mode(key: string, value: string, span: Span): string {
    const mode = value.toLowerCase();
    if (mode !== 'batch' && mode !== 'streaming') {
      throw new SqlError('TW2006', `SET '${key}' = '${value}'`, span, { expected: "'streaming' or 'batch'" });
    }
    if (this.start.fixedMode && mode !== this.start.mode) {
      throw new SqlError('TW2004', `SET '${key}' = '${value}', but the job runs in ${this.start.mode} mode`, span, {
        expected: `the job's mode to be ${mode}`,
      });
    }
    return mode;
  }
}

function duration(text: string, at: Span): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new SqlError('TW2003', (cause as Error).message, at, { cause });
  }
}

function timeZone(name: string, at: Span): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch (cause) {
    throw new SqlError('TW2002', `unknown time zone '${name}'`, at, {
      expected: "a name like 'Europe/Berlin' or 'UTC'",
      cause,
    });
  }
}
