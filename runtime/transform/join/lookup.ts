/**
 * `lookupJoin`: each row with the rows of a table of another system that have its key, asked for while the job runs. Answers are
 * remembered as long as the table's options allow; calls are under way for several rows at once, and rows go out in the order in
 * which they came.
 */
import { TidewheelError } from '../../../api/errors.js';
import { loadConnector } from '../../connectors/index.js';
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { compileExpr } from '../../expr/codegen/compile.js';
import { generateCondition } from '../../expr/codegen/generate.js';
import { type Expr, resolveCast, withTimeZone } from '../../expr/index.js';
import type { Format } from '../../formats/contract.js';
import type { LookupJoinSpec } from '../../graph/lookup-step.js';
import { type DataType, INSERT, MAX_LENGTH, type Row, type RowKind } from '../../record/types.js';
import type { Lookup } from '../../source/lookup.js';
import { parseDuration } from '../../time/duration.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { BatchesInFlight } from '../in-flight.js';
import { FullCache, type Reload, reloadOf } from './full-cache.js';
import { LookupCache } from './lookup-cache.js';

/** Rows of a key, for each row of a batch. */
type Answers = readonly (readonly Row[])[];

const NONE: readonly Row[] = [];
/** Rows that one call of the batch machinery has: small, so that a slow answer holds back few. */
const BATCH_ROWS = 25;

export const lookupJoin: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as LookupJoinSpec;
  const options = Object.fromEntries(Object.entries(spec.options).map(([key, value]) => [key, ctx.resolve(value)]));
  const settings = lookupSettings(options);
  const cache = settings.cache && new LookupCache(settings.cache, ctx.now);
  const keyOf = keyTexts(spec);
  const emit = emitter(ctx, spec);
  const textOf = (values: readonly unknown[]) => JSON.stringify(keyOf(values));
  const full =
    settings.reload &&
    new FullCache(settings.reload, (row) => textOf(spec.keys.map((key) => row[key.column])), ctx.now, ctx.log);
  let lookup: Lookup | undefined;

  /** Asks again while there is no answer, where the hint wants that. */
  const ask = async (values: readonly unknown[], signal: AbortSignal): Promise<readonly Row[]> => {
    for (let attempt = 1; ; attempt++) {
      const rows = await lookup!.find(values, AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]));
      if (rows.length > 0 || attempt >= settings.missAttempts || signal.aborted) return rows;
      await new Promise((resolve) => setTimeout(resolve, settings.missDelayMs));
    }
  };
  const batches = new BatchesInFlight<Answers>(ctx, {
    batchRows: BATCH_ROWS,
    maxCalls: Math.max(1, Math.ceil(settings.capacity / BATCH_ROWS)),
    errorCode: 'TW3002',
    call: (rows, _kinds, signal) => {
      const answers: (readonly Row[])[] = new Array(rows.length);
      const open = new Map<string, { values: readonly unknown[]; indexes: number[] }>();
      rows.forEach((row, i) => {
        const values = spec.keys.map((key) => row[key.from]);
        // NULL is equal to nothing.
        if (values.includes(null)) {
          answers[i] = NONE;
          return;
        }
        const key = textOf(values);
        const known = full ? full.get(key) : cache?.get(key);
        if (known) {
          answers[i] = known;
          return;
        }
        const asked = open.get(key);
        if (asked) asked.indexes.push(i);
        else open.set(key, { values, indexes: [i] });
      });
      if (open.size === 0) return answers;
      const calls = [...open].map(async ([key, { values, indexes }]) => {
        const found = await ask(values, signal);
        cache?.put(key, found);
        for (const i of indexes) answers[i] = found;
      });
      return Promise.all(calls).then(() => answers);
    },
    emit: (batch, from, to) => {
      for (let i = from; i < to; i++) emit(batch.rows[i], batch.kind(i), batch.answer[i]);
    },
  });
  return batches.transform({
    open: async () => {
      lookup = await openLookup(ctx, spec, options, keyOf);
      await full?.open(lookup, spec.table);
    },
    close: () => {
      full?.close();
      return lookup?.close?.();
    },
  });
};

interface LookupSettings {
  readonly cache?: ConstructorParameters<typeof LookupCache>[0];
  /** The whole table is kept: when it is read anew. */
  readonly reload?: Reload;
  /** Keys asked for at once. */
  readonly capacity: number;
  readonly timeoutMs: number;
  readonly missAttempts: number;
  readonly missDelayMs: number;
}

/** Options by the names that Flink gives them; those of the hint LOOKUP stand under `lookup.hint.`. */
export function lookupSettings(options: Readonly<Record<string, string>>): LookupSettings {
  const ms = (name: string, otherwise: string) => parseDuration(options[name] ?? otherwise);
  const count = (name: string, otherwise: number) => {
    const value = Number(options[name] ?? otherwise);
    if (Number.isInteger(value) && value > 0) return value;
    throw new TidewheelError('TW1302', `option '${name.replace('lookup.hint.', '')}' is '${options[name]}'`, {
      hint: 'A whole number from 1',
    });
  };
  const kind = (options['lookup.cache'] ?? 'NONE').toUpperCase();
  const retries = options['lookup.hint.retry-predicate'] === 'lookup_miss';
  return {
    ...(kind === 'PARTIAL'
      ? {
          cache: {
            maxRows: count('lookup.partial-cache.max-rows', 10_000),
            expireAfterWriteMs: ms('lookup.partial-cache.expire-after-write', '0 ms'),
            expireAfterAccessMs: ms('lookup.partial-cache.expire-after-access', '0 ms'),
            missing: options['lookup.partial-cache.cache-missing-key'] !== 'false',
          },
        }
      : {}),
    ...(kind === 'FULL' ? { reload: reloadOf(options) } : {}),
    capacity: options['lookup.hint.async'] === 'false' ? 1 : count('lookup.hint.capacity', 100),
    timeoutMs: ms('lookup.hint.timeout', '180 s'),
    missAttempts: retries ? count('lookup.hint.max-attempts', 1) : 1,
    missDelayMs: ms('lookup.hint.fixed-delay', '0 ms'),
  };
}

/** Key values as text: what answers are remembered by, and what a URL has. */
function keyTexts(spec: LookupJoinSpec): (values: readonly unknown[]) => (string | null)[] {
  const texts = spec.keys.map(({ type }) => {
    const column: Expr = { op: 'column', name: 'v', type: { ...type, nullable: true } as DataType };
    const cast = resolveCast(column, { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true });
    if ('error' in cast) throw new TidewheelError('TW1302', `a key of type ${type.kind} has no text`);
    return compileExpr(withTimeZone(cast.expr, spec.timeZone ?? 'UTC'));
  });
  return (values) => texts.map((text, i) => text({ v: values[i] }));
}

/** Sends a row with each of its answers that meets the condition; by itself where there is none, for LEFT JOIN. */
function emitter(
  ctx: TransformContext,
  spec: LookupJoinSpec,
): (row: Row, kind: RowKind, found: readonly Row[]) => void {
  const cg = new Codegen({ now: ctx.now });
  const emit = cg.bind(ctx.emit, 'emit');
  const ofInput = ctx.inputs[0].fields.map((f): [string, string] => [f.name, property('l', f.name)]);
  const of = new Map(spec.outputs.map((o) => [o.column, property('r', o.field)]));
  const joined = rowCode(ctx.node.schema, new Map([...ofInput, ...of]));
  const alone = rowCode(
    ctx.node.schema,
    new Map([...ofInput, ...spec.outputs.map((o): [string, string] => [o.column, 'null'])]),
  );
  const column = (name: string) => of.get(name) ?? property('l', name);
  const condition = spec.condition ? generateCondition(spec.condition, column, cg) : 'true';
  const declared = cg.takeDeclarations();
  const code = `return function emitJoined(l, kind, found) {
    let any = false;
    for (let i = 0; i < found.length; i++) {
      const r = found[i];
      ${declared}
      if (!(${condition})) continue;
      any = true;
      ${emit}(${joined}, kind);
    }
    ${spec.joinType === 'left' ? `if (!any) ${emit}(${alone}, kind);` : ''}
  };`;
  return cg.build(code);
}

async function openLookup(
  ctx: TransformContext,
  spec: LookupJoinSpec,
  options: Readonly<Record<string, string>>,
  texts: (values: readonly unknown[]) => (string | null)[],
): Promise<Lookup> {
  const connector = await loadConnector(spec.connector);
  if (!connector?.lookup)
    throw new TidewheelError('TW1302', `connector '${spec.connector}' can't be asked for rows of a key`);
  let format: Format | undefined;
  if (spec.format) format = (await import('../../formats/index.js')).formats[spec.format];
  const bad = ({ reason }: { reason: string }) => {
    throw new TidewheelError('TW3001', `an answer for '${spec.table}' can't be read: ${reason}`);
  };
  return connector.lookup.create({
    table: spec.table,
    options,
    columns: spec.columns,
    keys: spec.keys,
    log: ctx.log,
    jobName: '',
    keyTexts: texts,
    ...(format
      ? {
          decoder: (meta, emit) =>
            format.createDecoder(
              {
                columns: spec.columns,
                read: spec.columns.fields.map((f) => f.name),
                metadata: [],
                options,
                timeZone: spec.timeZone,
              },
              { meta, emit: (row, kind) => kind === INSERT && emit(row), bad },
            ),
        }
      : {}),
  });
}
