/** SET statements of a bare .sql script that are fields of a job's spec, by the names that Flink gives them. */
import { parseScript } from '../sql/parser/index.js';

export interface SpecSetting {
  readonly path: readonly string[];
  readonly convert: (text: string) => unknown;
}

const whole = (text: string): unknown => (/^\d+$/.test(text.trim()) ? Number(text) : text);
const asIs = (text: string): unknown => text;

/** Flink's names beside ours. */
const BACKENDS: Readonly<Record<string, string>> = { hashmap: 'heap', rocksdb: 'disk', forst: 'disk' };

export const SPEC_SETTINGS: Readonly<Record<string, SpecSetting>> = {
  'parallelism.default': { path: ['parallelism'], convert: whole },
  'pipeline.max-parallelism': { path: ['maxParallelism'], convert: whole },
  'execution.runtime-mode': { path: ['mode'], convert: (text) => text.toLowerCase() },
  'execution.checkpointing.interval': { path: ['checkpoint', 'interval'], convert: asIs },
  'execution.checkpointing.timeout': { path: ['checkpoint', 'timeout'], convert: asIs },
  'execution.checkpointing.min-pause': { path: ['checkpoint', 'minPause'], convert: asIs },
  'execution.checkpointing.tolerable-failed-checkpoints': { path: ['checkpoint', 'tolerableFailures'], convert: whole },
  'execution.checkpointing.num-retained': { path: ['checkpoint', 'retained'], convert: whole },
  'execution.checkpointing.mode': {
    path: ['checkpoint', 'guarantee'],
    convert: (text) => text.toLowerCase().replaceAll('_', '-'),
  },
  'execution.checkpointing.unaligned.enabled': {
    path: ['checkpoint', 'mode'],
    convert: (text) => (text === 'true' ? 'unaligned' : text === 'false' ? 'aligned' : text),
  },
  'execution.state-recovery.path': { path: ['restore', 'from'], convert: asIs },
  'execution.savepoint.path': { path: ['restore', 'from'], convert: asIs },
  'table.exec.resource.default-parallelism': { path: ['parallelism'], convert: whole },
  'table.local-time-zone': { path: ['timeZone'], convert: asIs },
  'state.backend.type': {
    path: ['stateBackend', 'type'],
    convert: (text) => BACKENDS[text.toLowerCase()] ?? text,
  },
  'state.backend.cache': { path: ['stateBackend', 'cache'], convert: asIs },
  'state.backend.rocksdb.localdir': { path: ['stateBackend', 'folder'], convert: asIs },
  'table.exec.state.ttl': {
    path: ['stateTtl'],
    // Flink's default, for ever.
    convert: (text) => (/^0\s*(ms|s)?$/.test(text.trim()) ? undefined : text),
  },
};

export interface ScriptSettings {
  /** Fields of the spec. */
  readonly spec: Record<string, unknown>;
  /** Field as `checkpoint.interval` → line and column of its SET. */
  readonly places: ReadonlyMap<string, { readonly line: number; readonly column: number }>;
}

/** Fields of the spec that a script sets. A script with a syntax error sets nothing: the error is told when it is compiled. */
export function scriptSettings(sql: string): ScriptSettings {
  const places = new Map<string, { line: number; column: number }>();
  let statements: ReturnType<typeof parseScript>;
  try {
    statements = parseScript(sql);
  } catch {
    return { spec: {}, places };
  }
  const written: [string, string][] = [];
  for (const statement of statements) {
    if (statement.kind !== 'SetCommand' || statement.key === undefined || statement.value === undefined) continue;
    written.push([statement.key, statement.value]);
    const setting = settingOf(statement.key);
    if (!setting) continue;
    places.set(setting.path.join('.'), { line: statement.span.line, column: statement.span.column });
  }
  return { spec: specOf(written), places };
}

/** Fields of the spec that settings stand for; other settings are left out. */
export function specOf(settings: Iterable<readonly [string, string]>): Record<string, unknown> {
  const spec: Record<string, any> = {};
  for (const [key, text] of settings) {
    const setting = settingOf(key);
    const value = setting?.convert(text);
    if (!setting || value === undefined) continue;
    const [first, second] = setting.path;
    if (second === undefined) spec[first] = value;
    else spec[first] = { ...spec[first], [second]: value };
  }
  return spec;
}

function settingOf(key: string): SpecSetting | undefined {
  return Object.hasOwn(SPEC_SETTINGS, key) ? SPEC_SETTINGS[key] : undefined;
}
