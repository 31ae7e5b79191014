/** What depends on the order of rows: OVER, the first rows by an order, ORDER BY. Fields of the specs are in specs.md. */

import { unsupported } from '../error.js';
import { byKey, edge, type Lowering, type Made } from './lower.js';
import type { OverRelation, RankRelation, SortRelation } from './relation.js';
import type { TimeAttribute } from './traits.js';
import { isChanging } from './traits.js';

export function lowerRank(lowering: Lowering, relation: RankRelation): Made {
  const traits = lowering.traits.of(relation.input);
  const input = lowering.lower(relation.input, true);
  const { partitioning, parallelism } = byKey(relation.partitionBy);
  const { batch, ttlMs } = lowering.options;
  const by = relation.partitionBy.join(', ');
  const common = {
    inputs: [edge(input, partitioning)],
    ...lowering.changes(relation),
    fields: relation.fields,
    parallelism,
  };
  const ordering = { partitionBy: relation.partitionBy, orderBy: relation.orderBy };
  const number = relation.rankName ? { rankName: relation.rankName } : {};
  const ttl = ttlMs && !batch ? { ttlMs } : {};

  if (lowering.traits.isWindowRank(relation.partitionBy, traits) && !batch) {
    const bounds = traits.windowColumns!;
    return lowering.add('rank', relation, {
      name: `WindowRank(${by})`,
      spec: {
        kind: 'other',
        transform: 'windowRank',
        ...ordering,
        from: relation.from,
        to: relation.to,
        ...number,
        windowEnd: relation.partitionBy.find((name) => bounds.end.includes(name)),
        processingTime: bounds.processingTime,
      },
      ...common,
    });
  }
  const [order] = relation.orderBy;
  const time = order && relation.orderBy.length === 1 ? traits.time.get(order.column) : undefined;
  if (relation.from === 1 && relation.to === 1 && time && !relation.rankName && !traits.updating && !batch) {
    return lowering.add('rank', relation, {
      name: `Deduplicate(${by}, keep ${order.descending ? 'last' : 'first'})`,
      spec: {
        kind: 'other',
        transform: 'deduplicate',
        partitionBy: relation.partitionBy,
        timeColumn: order.column,
        processingTime: time === 'proctime',
        keep: order.descending ? 'last' : 'first',
        ...ttl,
      },
      ...common,
    });
  }
  return lowering.add('rank', relation, {
    name: `TopN(${relation.to}${by ? ` by ${by}` : ''})`,
    spec: {
      kind: 'other',
      transform: 'rank',
      ...ordering,
      from: relation.from,
      to: relation.to,
      ...number,
      inputUpdating: traits.updating,
      ...(traits.updating && traits.keys[0] ? { inputUpsertKey: traits.keys[0] } : {}),
      finalOnly: batch,
      ...ttl,
    },
    ...common,
  });
}

export function lowerOver(lowering: Lowering, relation: OverRelation): Made {
  const traits = lowering.traits.of(relation.input);
  const [order] = relation.orderBy;
  const time: TimeAttribute | undefined = order && traits.time.get(order.column);
  const changing = !lowering.options.batch && isChanging(relation, traits);
  if (!lowering.options.batch && !changing) {
    if (!order || relation.orderBy.length > 1 || !time || order.descending) {
      const ranks = relation.calls.some((call) => RANKS.has(call.fn));
      throw unsupported(
        ranks
          ? 'A rank without a limit on it, or over an OVER window that is not ordered by a time attribute'
          : 'OVER in streaming mode ordered by anything but one ascending time attribute',
        relation.at,
        ranks ? 'put `WHERE rank <= n` in a query around it' : 'order by the column with the WATERMARK',
      );
    }
    if (traits.updating) throw unsupported('OVER over rows that are updated or deleted', relation.at);
  }
  const input = lowering.lower(relation.input, true);
  const { partitioning, parallelism } = byKey(relation.partitionBy);
  const { batch, ttlMs } = lowering.options;
  return lowering.add('over', relation, {
    name: `Over(${relation.partitionBy.join(', ')})`,
    spec: {
      kind: 'other',
      transform: 'over',
      partitionBy: relation.partitionBy,
      orderBy: relation.orderBy,
      ...(batch
        ? { finalOnly: true }
        : changing
          ? { changing }
          : { timeColumn: order.column, processingTime: time === 'proctime' }),
      frame: relation.frame,
      calls: relation.calls,
      ...(ttlMs && !batch ? { ttlMs } : {}),
    },
    inputs: [edge(input, partitioning)],
    ...lowering.changes(relation),
    fields: relation.fields,
    parallelism,
  });
}

const RANKS = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK', 'NTILE', 'PERCENT_RANK', 'CUME_DIST']);

export function lowerSort(lowering: Lowering, relation: SortRelation): Made {
  const { batch } = lowering.options;
  const traits = lowering.traits.of(relation.input);
  const [first] = relation.orderBy;
  const byTime = first && !first.descending && traits.time.get(first.column) === 'rowtime' && !traits.updating;
  if (!batch && relation.limit !== undefined) {
    return lowerRank(lowering, {
      kind: 'rank',
      input: relation.input,
      partitionBy: [],
      orderBy: relation.orderBy,
      from: relation.offset + 1,
      to: relation.offset + relation.limit,
      fields: relation.fields,
      at: relation.at,
      scope: relation.scope,
    });
  }
  if (!batch && !byTime) {
    throw unsupported(
      'ORDER BY in streaming mode by anything but an ascending time attribute',
      relation.at,
      'add a LIMIT, or run in batch mode',
    );
  }
  if (!batch && relation.offset > 0) throw unsupported('OFFSET without LIMIT in streaming mode', relation.at);
  const input = lowering.lower(relation.input, true);
  return lowering.add('sort', relation, {
    name: relation.limit === undefined ? 'Sort' : `SortLimit(${relation.limit})`,
    spec: batch
      ? {
          kind: 'other',
          transform: 'sortLimit',
          orderBy: relation.orderBy,
          ...(relation.limit === undefined ? {} : { limit: relation.limit }),
          offset: relation.offset,
        }
      : { kind: 'other', transform: 'temporalSort', timeColumn: first.column, orderBy: relation.orderBy },
    inputs: [edge(input, { kind: 'global' })],
    ...lowering.changes(relation),
    fields: relation.fields,
    parallelism: 1,
  });
}
