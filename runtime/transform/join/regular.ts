/**
 * `join`: rows of two inputs that have equal keys and meet the condition, whatever comes first; both sides are kept in state.
 *
 * A side whose key contains a unique key of it (`leftUnique`) keeps one entry a key. Rows of an outer side, and of the left of
 * SEMI and ANTI, are out with NULLs (or as they are) as long as they have no match. Whether they have is known from the other
 * bucket being empty where there is no condition beside the keys; with one, each entry counts its matches in `n`.
 *
 * A row whose key holds a NULL matches nothing and is not kept. `nullAware` (NOT IN) has no keys: all rows meet, and a NULL may be
 * equal to anything. `finalOnly` (batch): what lacks a match is known, and sent, at the end.
 */
import { Codegen, property } from '../../expr/codegen/codegen.js';
import { generateCondition } from '../../expr/codegen/generate.js';
import { DELETE, INSERT, type Row, type RowKind } from '../../record/types.js';
import { AppendedTable } from '../../state/appended/appended-table.js';
import type { BucketTable } from '../../state/bucket-table.js';
import type { KeyedTable } from '../../state/keyed-table.js';
import type { Entry, TableSpec } from '../../state/table.js';
import type { Transform, TransformContext, TransformFactory } from '../contract.js';
import { rowCode } from '../entry-code.js';
import { SETTLE_EVERY } from '../settle.js';
import { equalCode, LONG, StoredRow } from '../stored-row.js';
import { type JoinSpec, joinedColumns, type SideName, sidesOf } from './spec.js';

export interface RegularJoinSpec extends JoinSpec {
  readonly leftUnique?: boolean;
  readonly rightUnique?: boolean;
  readonly leftUpsertKey?: readonly string[];
  readonly rightUpsertKey?: readonly string[];
  readonly finalOnly?: boolean;
  readonly nullAware?: boolean;
  readonly ttlMs?: number;
  /** In place of `ttlMs` for a side. 0: for ever. */
  readonly leftTtlMs?: number;
  readonly rightTtlMs?: number;
}

function ttlOf(spec: RegularJoinSpec, side: Pick<Side, 'name'>): number {
  return (side.name === 'left' ? spec.leftTtlMs : spec.rightTtlMs) ?? spec.ttlMs ?? 0;
}

function hasTtl(spec: RegularJoinSpec): boolean {
  return ttlOf(spec, { name: 'left' }) > 0 || ttlOf(spec, { name: 'right' }) > 0;
}

interface Side {
  readonly name: SideName;
  readonly stored: StoredRow;
  readonly unique: boolean;
  /** Rows without a match are out: padded with NULLs, or alone for ANTI. */
  readonly outer: boolean;
  /** Entries count their matches. */
  readonly counted: boolean;
  readonly upsertKey: readonly string[] | undefined;
  readonly updating: boolean;
  readonly buckets: BucketTable;
  readonly table: KeyedTable;
  /** In place of `buckets`: rows only come, and stand as bytes. */
  readonly appended: AppendedTable | undefined;
}

export const regularJoin: TransformFactory = (ctx): Transform => {
  const spec = ctx.node.spec as unknown as RegularJoinSpec;
  const sides = makeSides(ctx, spec);
  const final = spec.finalOnly ?? false;
  const left = processCode(ctx, spec, sides[0], sides[1]);
  const right = processCode(ctx, spec, sides[1], sides[0]);
  return {
    process: left,
    processRight: right,
    endOfInput() {
      if (!final) return;
      for (const [own, other] of [sides, [sides[1], sides[0]]]) {
        if (!own.outer) continue;
        const send = paddedEmitter(ctx, spec, own);
        let seen = 0;
        for (const entry of entriesOf(own)) {
          if (++seen % SETTLE_EVERY === 0) ctx.state.settle();
          const { group, key } = placeOf(own, entry);
          const lonely = own.counted
            ? entry.n === 0
            : other.unique
              ? other.table.get(group, key) === undefined
              : !other.buckets.get(group, key)?.rows.length;
          if (lonely) send(entry);
        }
      }
    },
  };
};

function entriesOf(side: Side): Iterable<Entry> {
  return side.unique ? side.table.entries() : side.buckets.entries();
}

function placeOf(side: Side, entry: Entry): { group: number; key: unknown } {
  const table = side.unique ? side.table : side.buckets;
  return { group: table.group(entry), key: table.mapKey(entry) };
}

function makeSides(ctx: TransformContext, spec: RegularJoinSpec): [Side, Side] {
  const semi = spec.joinType === 'semi' || spec.joinType === 'anti';
  const conditional = spec.condition !== undefined || spec.nullAware === true;
  const anyOuter = spec.joinType !== 'inner' && spec.joinType !== 'semi';
  return sidesOf(spec).map((side, i): Side => {
    const outer = side.outer || (spec.joinType === 'anti' && i === 0);
    const counted = (outer || (semi && i === 0)) && conditional;
    const stored = new StoredRow(
      ctx.inputs[i],
      spec.nullAware ? [] : side.keys,
      [
        ...(counted ? [{ name: 'n', type: LONG, init: '0' }] : []),
        ...(hasTtl(spec) ? [{ name: 't', type: LONG, init: '0' }] : []),
      ],
      { packTexts: true },
    );
    const unique = !spec.nullAware && ((i === 0 ? spec.leftUnique : spec.rightUnique) ?? false);
    const ttl = spec.ttlMs ? { ms: spec.ttlMs, now: ctx.now } : undefined;
    const table = { name: side.name, keys: stored.keyFields, values: stored.values, spill: true, ttl };
    // Entries that count, expire, or are looked through at the end are objects.
    const onlyComes =
      !ctx.inputUpdating[i] && !counted && !hasTtl(spec) && !spec.nullAware && !(spec.finalOnly && anyOuter);
    const kept = declareTable(ctx, table, unique, onlyComes);
    return {
      name: side.name,
      stored,
      unique,
      outer,
      counted,
      upsertKey: i === 0 ? spec.leftUpsertKey : spec.rightUpsertKey,
      updating: ctx.inputUpdating[i],
      buckets: kept as never,
      table: kept as never,
      appended: kept instanceof AppendedTable ? kept : undefined,
    };
  }) as [Side, Side];
}

/** The table of a side. */
function declareTable(ctx: TransformContext, table: TableSpec, unique: boolean, onlyComes: boolean) {
  if (unique) return ctx.state.keyedTable(table);
  return onlyComes ? ctx.state.appendedTable(table) : ctx.state.bucketTable(table);
}

/** Emits an entry that lacks a match. */
function paddedEmitter(ctx: TransformContext, spec: RegularJoinSpec, own: Side): (entry: Entry) => void {
  const cg = new Codegen({ now: ctx.now });
  const columns = joinedColumns(spec, { [own.name]: own.stored.at('e') });
  return cg.build(
    `return function emitPadded(e) { ${cg.bind(ctx.emit, 'emit')}(${rowCode(ctx.node.schema, columns)}, ${INSERT}); };`,
  );
}

/** The function that takes rows of side `own`. */
function processCode(
  ctx: TransformContext,
  spec: RegularJoinSpec,
  own: Side,
  other: Side,
): (row: Row, kind: RowKind) => void {
  const cg = new Codegen({ now: ctx.now });
  const emit = cg.bind(ctx.emit, 'emit');
  const semi = spec.joinType === 'semi' || spec.joinType === 'anti';
  const final = spec.finalOnly ?? false;
  const ofRow = (column: string) => property('row', column);
  const row = (parts: Partial<Record<SideName, (column: string) => string>>) =>
    rowCode(ctx.node.schema, joinedColumns(spec, parts));
  const joined = row({ [own.name]: ofRow, [other.name]: other.stored.at('o') } as never);
  const ownAlone = own.outer || semi ? row({ [own.name]: ofRow } as never) : '';
  const otherAlone = other.outer || semi ? row({ [other.name]: other.stored.at('o') } as never) : '';
  const isRight = own.name === 'right';
  const anti = spec.joinType === 'anti';
  const condition = conditionCode(spec, own, other, cg);
  const declared = cg.takeDeclarations();

  const ownTable = cg.bind(tableOf(own), own.name);
  const otherTable = cg.bind(tableOf(other), other.name);
  const now = hasTtl(spec) ? `const now = ${cg.bind(ctx.now, 'now')}();` : '';
  /** Runs `body` for each matching entry `o` of the other side. */
  const matches = (body: string) => {
    const guarded = condition ? `if (${condition}) { ${body} }` : body;
    return other.unique
      ? `if (found !== undefined) { const o = found; ${guarded} }`
      : `for (let i = 0; i < there; i++) { const o = rows[i]; ${guarded} }`;
  };
  const touch = other.counted ? `if (o._e !== ${otherTable}.epoch) ${otherTable}.touch(o);` : '';
  /** Rows of the other side whose last match comes or goes: `ownBefore`, `ownAfter` count rows of this side. */
  const first = other.counted ? 'o.n === 0' : 'ownBefore === 0';
  const last = other.counted ? 'o.n === 0' : 'ownAfter === 0';
  const countUp = other.counted ? `${touch} o.n++;` : '';
  const countDown = other.counted ? `${touch} o.n--;` : '';
  const pairs = !semi;
  const retractAlone = !final && other.outer;
  const semiRight = semi && isRight;

  const whenAdded = matches(`
    n++;
    ${semiRight && !(anti && final) ? `if (${first}) ${emit}(${otherAlone}, ${anti ? DELETE : INSERT});` : ''}
    ${!semi && retractAlone ? `if (${first}) ${emit}(${otherAlone}, ${DELETE});` : ''}
    ${pairs ? `${emit}(${joined}, ${INSERT});` : ''}
    ${countUp}`);
  const whenRemoved = matches(`
    n++;
    ${pairs ? `${emit}(${joined}, ${DELETE});` : ''}
    ${countDown}
    ${semiRight ? `if (${last}) ${emit}(${otherAlone}, ${anti ? INSERT : DELETE});` : ''}
    ${!semi && retractAlone ? `if (${last}) ${emit}(${otherAlone}, ${INSERT});` : ''}`);
  const aloneTest = semi
    ? isRight
      ? ''
      : anti
        ? final
          ? ''
          : 'n === 0'
        : 'n > 0'
    : own.outer && !final
      ? 'n === 0'
      : '';
  const alone = (kind: RowKind) => (aloneTest ? `if (${aloneTest}) ${emit}(${ownAlone}, ${kind});` : '');
  // Of a side that only asks whether there is a row, one is enough while rows can't be taken back.
  const oneIsEnough = semiRight && !condition && !own.updating;
  const entryOf = () =>
    own.stored.entryCode('row', cg, !own.unique, {
      ...(own.counted ? { n: 'n' } : {}),
      ...(hasTtl(spec) ? { t: 'now' } : {}),
    });
  const keptKey = own.stored.keptKey(cg);
  const addOwn = own.unique
    ? `if (mine !== undefined) ${ownTable}.delete(group, mk);
       ${ownTable}.add(group, ${keptKey}, ${entryOf()});`
    : `${oneIsEnough ? 'if (ownBefore === 0) {' : ''}
       ${own.appended ? appendCode(own, ownTable, keptKey, cg) : addCode(ownTable, keptKey, entryOf())}
       ${oneIsEnough ? '}' : ''}`;
  const removeOwn = own.unique
    ? `if (mine === undefined) return;
       ${ownTable}.delete(group, mk);
       const ownAfter = 0;`
    : `if (mine === undefined) return;
       const at = find(mine.rows, row);
       if (at < 0) return;
       ${ownTable}.remove(mine.rows[at]);
       mine.rows.splice(at, 1);
       const ownAfter = mine.rows.length;
       if (ownAfter === 0) ${ownTable}.drop(mine);`;
  const find = own.unique
    ? ''
    : `const find = (rows, row) => {
         for (let i = rows.length - 1; i >= 0; i--) {
           const e = rows[i];
           if (${own.stored.sameCode('e', 'row', cg, own.upsertKey)}) return i;
         }
         return -1;
       };`;
  const expiry = hasTtl(spec)
    ? `${expireCode(own, ownTable, 'mine', ttlOf(spec, own))} ${expireCode(other, otherTable, 'found', ttlOf(spec, other))}`
    : '';
  const nullKey = spec.nullAware ? undefined : own.stored.nullKey();
  const lonely = own.outer ? `${emit}(${ownAlone}, kind === 0 || kind === 2 ? ${INSERT} : ${DELETE});` : '';

  return cg.build(`${find}
  return function join(row, kind) {
    ${declared}${cg.takeDeclarations()}
    ${own.stored.keySetup('row', ctx.maxParallelism, cg)}
    ${nullKey ? `if (${nullKey}) { ${lonely} return; }` : ''}
    ${now}
    ${own.appended ? `const pages = ${ownTable}.pagesOf(group); const mine = pages.find(mk);` : `${hasTtl(spec) ? 'let' : 'const'} mine = ${ownTable}.get(group, mk);`}
    ${other.appended ? `const rows = ${otherTable}.rowsOf(group, mk);` : `${hasTtl(spec) ? 'let' : 'const'} found = ${otherTable}.get(group, mk);`}
    ${expiry}
    ${other.unique || other.appended ? '' : 'const rows = found === undefined ? undefined : found.rows;'}
    ${other.unique ? '' : 'const there = rows === undefined ? 0 : rows.length;'}
    let n = 0;
    if (kind === 0 || kind === 2) {
      const ownBefore = ${own.appended ? 'mine < 0 ? 0 : pages.count(mine)' : own.unique ? 'mine === undefined ? 0 : 1' : 'mine === undefined ? 0 : mine.rows.length'};
      ${whenAdded}
      ${alone(INSERT)}
      ${addOwn}
    } else {
      ${own.updating ? `${removeOwn} ${whenRemoved} ${alone(DELETE)}` : ''}
    }
  };`);
}

function tableOf({ appended, unique, table, buckets }: Side): AppendedTable | KeyedTable | BucketTable {
  return appended ?? (unique ? table : buckets);
}

/** Puts the row into its bucket. */
function addCode(table: string, keptKey: string, entry: string): string {
  return `const bucket = mine ?? ${table}.open(group, ${keptKey});
       const e = ${entry};
       ${table}.add(bucket, e);
       bucket.append(e);`;
}

/** Puts the row behind the others of its key, as bytes. */
function appendCode(own: Side, table: string, keptKey: string, cg: Codegen): string {
  return `const at = mine < 0 ? pages.make(${keptKey}) : mine;
       const out = pages.begin();
       ${own.stored.recordCode('row', 'pages.nextNumber(at)', 'out', cg)}
       ${table}.end(pages, at, q);`;
}

/** Forgets rows of a bucket, or the one entry, that were not written for `ttlMs`. Older rows stand in front. */
function expireCode(side: Side, table: string, variable: string, ttlMs: number): string {
  if (ttlMs === 0) return '';
  if (side.unique) {
    return `if (${variable} !== undefined && ${variable}.t + ${ttlMs} <= now) { ${table}.delete(group, mk); ${variable} = undefined; }`;
  }
  return `if (${variable} !== undefined && ${variable}.rows[0].t + ${ttlMs} <= now) {
    let old = 0;
    while (old < ${variable}.rows.length && ${variable}.rows[old].t + ${ttlMs} <= now) ${table}.remove(${variable}.rows[old++]);
    ${variable}.rows.splice(0, old);
    if (${variable}.rows.length === 0) { ${table}.drop(${variable}); ${variable} = undefined; }
  }`;
}

/** The condition beside the keys, over `row` of this side and `o` of the other. */
function conditionCode(spec: RegularJoinSpec, own: Side, other: Side, cg: Codegen): string | undefined {
  const ownColumns = new Set(own.stored.schema.fields.map((f) => f.name));
  const at = other.stored.at('o');
  const parts: string[] = [];
  if (spec.nullAware) {
    const ownKeys = own.name === 'left' ? spec.leftKeys : spec.rightKeys;
    const otherKeys = own.name === 'left' ? spec.rightKeys : spec.leftKeys;
    ownKeys.forEach((key, i) => {
      const a = property('row', key);
      const b = at(otherKeys[i]);
      parts.push(`(${a} === null || ${b} === null || ${equalCode(a, b, own.stored.typeOf(key), cg)})`);
    });
  }
  if (spec.condition) {
    const column = (name: string) => (ownColumns.has(name) ? property('row', name) : at(name));
    parts.push(`(${generateCondition(spec.condition, column, cg)})`);
  }
  return parts.length > 0 ? parts.join(' && ') : undefined;
}
