/**
 * What a relation's output is like, derived from its shape: which columns are time attributes, which bound a window,
 * whether rows may be taken back, and which columns identify a row.
 */
import { MATCH_TIME } from '../../graph/pattern.js';
import type { Window } from '../../graph/plan.js';
import type { JoinKind } from './join-kind.js';
import { joinKind } from './join-kind.js';
import type { CalcRelation, JoinRelation, OverRelation, Relation } from './relation.js';

export type TimeAttribute = 'rowtime' | 'proctime';

/** Columns that hold the bounds of the window a row belongs to; after renaming there may be several of each. */
export interface WindowColumns {
  readonly window: Window;
  readonly processingTime: boolean;
  readonly start: readonly string[];
  readonly end: readonly string[];
  readonly time: readonly string[];
}

export interface Traits {
  readonly time: ReadonlyMap<string, TimeAttribute>;
  readonly windowColumns?: WindowColumns;
  readonly updating: boolean;
  /** Sets of columns each of which identifies a row. An empty set: there is one row at most. */
  readonly keys: readonly (readonly string[])[];
}

/** Derives traits for one compilation; `batch` has no changelogs. */
export class TraitsOf {
  private readonly known = new WeakMap<Relation, Traits>();
  constructor(readonly batch: boolean) {}

  of(relation: Relation): Traits {
    let traits = this.known.get(relation);
    if (!traits) {
      traits = this.derive(relation);
      this.known.set(relation, traits);
    }
    return traits;
  }

  joinKind(join: JoinRelation): JoinKind {
    return joinKind(join, this.of(join.left), this.of(join.right), this.batch);
  }

  private derive(relation: Relation): Traits {
    switch (relation.kind) {
      case 'scan': {
        const time = new Map<string, TimeAttribute>();
        if (relation.table.watermark) time.set(relation.table.watermark.column, 'rowtime');
        const { primaryKey, changelog } = relation.table;
        return { time, updating: changelog !== 'append', keys: primaryKey ? [primaryKey] : [] };
      }
      case 'normalize':
        return this.of(relation.input);
      case 'values':
        return { time: new Map(), updating: false, keys: relation.rows.length <= 1 ? [[]] : [] };
      case 'calc':
        return this.calc(relation);
      case 'windowAssign': {
        const input = this.of(relation.input);
        const [start, end, time] = relation.names;
        const attribute: TimeAttribute = relation.processingTime ? 'proctime' : 'rowtime';
        return {
          time: new Map([...input.time, [time, attribute]]),
          windowColumns: {
            window: relation.window,
            processingTime: relation.processingTime,
            start: [start],
            end: [end],
            time: [time],
          },
          updating: input.updating,
          keys: relation.window.kind === 'tumble' ? input.keys : input.keys.map((key) => [...key, start]),
        };
      }
      case 'aggregate': {
        const input = this.of(relation.input);
        const keys = [relation.keys.map((key) => key.name)];
        const bounds = windowKeys(relation.keys, input.windowColumns);
        if (!bounds) {
          // Without aggregates (DISTINCT) a group's row never changes.
          const updating = !this.batch && (relation.aggregates.length > 0 || input.updating);
          return { time: new Map(), updating, keys };
        }
        const attribute: TimeAttribute = bounds.processingTime ? 'proctime' : 'rowtime';
        return {
          time: new Map(bounds.time.map((name) => [name, attribute])),
          windowColumns: bounds,
          updating: false,
          keys,
        };
      }
      case 'union': {
        const inputs = relation.inputs.map((input) => this.of(input));
        const time = new Map(
          [...inputs[0].time].filter(([name, kind]) => inputs.every((i) => i.time.get(name) === kind)),
        );
        const [first] = inputs;
        const bounds = first.windowColumns;
        const alike = bounds && inputs.every((i) => JSON.stringify(i.windowColumns) === JSON.stringify(bounds));
        return {
          time,
          ...(alike ? { windowColumns: bounds } : {}),
          updating: inputs.some((i) => i.updating),
          keys: [],
        };
      }
      case 'join':
        return this.join(relation);
      case 'rank': {
        const input = this.of(relation.input);
        const first = relation.from === 1 && relation.to === 1;
        const keys = first
          ? [relation.partitionBy]
          : relation.rankName
            ? [[...relation.partitionBy, relation.rankName], ...input.keys]
            : input.keys;
        const windowed = this.isWindowRank(relation.partitionBy, input);
        // A row a key by time: the first is final, the last makes a table with versions.
        const [order] = relation.orderBy;
        const byTime = first && relation.orderBy.length === 1 && !relation.rankName && input.time.has(order.column);
        const keepsFirst = byTime && !order.descending;
        return {
          time: windowed || byTime ? input.time : new Map(),
          windowColumns: windowed ? input.windowColumns : undefined,
          updating: !this.batch && !windowed && !((keepsFirst || !order) && !input.updating),
          keys,
        };
      }
      case 'over': {
        const input = this.of(relation.input);
        if (this.batch || !isChanging(relation, input)) return { ...input };
        return { ...input, updating: true, time: new Map(), windowColumns: undefined };
      }
      case 'sort': {
        const input = this.of(relation.input);
        // Without an order the first rows to come stay.
        const replaces = relation.limit !== undefined && relation.orderBy.length > 0;
        return { ...input, updating: input.updating || (!this.batch && replaces) };
      }
      case 'match': {
        const time = new Map<string, TimeAttribute>();
        for (const { name, value } of relation.measures) {
          const { expr } = value;
          if (expr.op === 'column' && expr.name === MATCH_TIME) time.set(name, 'rowtime');
          else if (expr.op === 'call' && expr.fn === 'PROCTIME') time.set(name, 'proctime');
        }
        return { time, updating: false, keys: [] };
      }
      case 'step': {
        const input = this.of(relation.input);
        if (!relation.keepsInput) {
          const time = new Map<string, TimeAttribute>(relation.time?.map((name) => [name, 'rowtime']));
          return { time, updating: relation.updating ?? false, keys: [] };
        }
        return relation.multiplies ? { ...input, keys: [] } : input;
      }
      case 'unnest': {
        const input = this.of(relation.input);
        return { ...input, keys: relation.ordinality ? input.keys.map((key) => [...key, relation.ordinality!]) : [] };
      }
    }
  }

  /** A rank within the rows of one window: final when the window ends. */
  isWindowRank(partitionBy: readonly string[], input: Traits): boolean {
    const bounds = input.windowColumns;
    return (
      bounds !== undefined &&
      partitionBy.some((name) => bounds.start.includes(name)) &&
      partitionBy.some((name) => bounds.end.includes(name))
    );
  }

  private calc(relation: CalcRelation): Traits {
    const input = this.of(relation.input);
    if (!relation.project) return input;
    const outputs = new Map<string, string[]>();
    const time = new Map<string, TimeAttribute>();
    for (const { name, expr: written } of relation.project) {
      // The check of a NOT NULL column leaves the value as it is.
      const expr = written.op === 'call' && written.fn === '$NOT_NULL' ? written.args[0] : written;
      if (expr.op === 'column') {
        outputs.set(expr.name, [...(outputs.get(expr.name) ?? []), name]);
        const attribute = input.time.get(expr.name);
        if (attribute) time.set(name, attribute);
      } else if (expr.op === 'call' && expr.fn === 'PROCTIME') time.set(name, 'proctime');
    }
    const renamed = (names: readonly string[]) => names.flatMap((name) => outputs.get(name) ?? []);
    const bounds = input.windowColumns;
    const windowColumns = bounds && {
      ...bounds,
      start: renamed(bounds.start),
      end: renamed(bounds.end),
      time: renamed(bounds.time),
    };
    const keys = input.keys
      .filter((key) => key.every((name) => outputs.has(name)))
      .map((key) => key.map((name) => outputs.get(name)![0]));
    return { time, windowColumns, updating: input.updating, keys };
  }

  private join(relation: JoinRelation): Traits {
    const left = this.of(relation.left);
    const right = this.of(relation.right);
    const kind = this.joinKind(relation);
    const semi = relation.type === 'semi' || relation.type === 'anti';
    const leftUnique = left.keys.some((key) => key.every((name) => relation.equal.some((e) => e.left === name)));
    const rightUnique = right.keys.some((key) => key.every((name) => relation.equal.some((e) => e.right === name)));
    const keys: (readonly string[])[] = [];
    if (semi) keys.push(...left.keys);
    else {
      if (rightUnique && relation.type !== 'right' && relation.type !== 'full') keys.push(...left.keys);
      if (leftUnique && relation.type !== 'left' && relation.type !== 'full') keys.push(...right.keys);
      for (const l of left.keys) for (const r of right.keys) keys.push([...l, ...r]);
    }
    switch (kind.kind) {
      case 'window': {
        const bounds = left.windowColumns!;
        const others = right.windowColumns!;
        return {
          time: new Map(semi ? left.time : [...left.time, ...right.time]),
          windowColumns: semi
            ? bounds
            : {
                ...bounds,
                start: [...bounds.start, ...others.start],
                end: [...bounds.end, ...others.end],
                time: [...bounds.time, ...others.time],
              },
          updating: false,
          keys,
        };
      }
      case 'interval':
        return { time: new Map(semi ? left.time : [...left.time, ...right.time]), updating: false, keys };
      case 'temporal':
        return { time: left.time, updating: left.updating, keys: left.keys };
      default: {
        const updates = left.updating || right.updating || (relation.type !== 'inner' && relation.type !== 'semi');
        return { time: new Map(), updating: !this.batch && updates, keys };
      }
    }
  }
}

/** The window bounds among GROUP BY's keys under their output names, when both ends are there. */
export function windowKeys(
  keys: readonly { readonly name: string; readonly column: string }[],
  bounds: WindowColumns | undefined,
): WindowColumns | undefined {
  if (!bounds) return undefined;
  const names = (of: readonly string[]) => keys.filter((key) => of.includes(key.column)).map((key) => key.name);
  const start = names(bounds.start);
  const end = names(bounds.end);
  if (start.length === 0 || end.length === 0) return undefined;
  return { ...bounds, start, end, time: names(bounds.time) };
}

/**
 * OVER whose results are updated, in streaming mode: aggregates over all rows in front, and ROW_NUMBER, by an order that is not time
 * alone, or over rows that change. Others need an order by time.
 */
export function isChanging(relation: OverRelation, input: Traits): boolean {
  const { orderBy, frame, calls } = relation;
  if (orderBy.length === 0 || frame.preceding !== undefined) return false;
  // By time, ascending: rows go out once. Descending: refused, as in Flink.
  if (orderBy.length === 1 && input.time.has(orderBy[0].column)) return false;
  return calls.every(({ fn }) => fn === 'ROW_NUMBER' || !NOT_CHANGING.has(fn));
}

const NOT_CHANGING = new Set(['RANK', 'DENSE_RANK', 'NTILE', 'PERCENT_RANK', 'CUME_DIST', 'LAG', 'LEAD']);
