/** Joins → nodes of transform 'join', 'intervalJoin', 'windowJoin' and 'temporalJoin'; their fields are in specs.md. */

import type { Expr } from '../../expr/ir.js';
import type { OtherSpec } from '../../graph/plan.js';
import { byKey, edge, type Lowering, type Made } from './lower.js';
import { inputsOf } from './lower-source.js';
import type { JoinRelation, Relation } from './relation.js';

export function lowerJoin(lowering: Lowering, relation: JoinRelation): Made {
  const kind = lowering.traits.joinKind(relation);
  const left = lowering.lower(relation.left, true);
  const right = lowering.lower(relation.right, true);
  const { batch, ttlMs } = lowering.options;
  const sides = [lowering.traits.of(relation.left), lowering.traits.of(relation.right)];
  const equal = relation.equal.filter(
    (e) => kind.kind !== 'window' || !(isWindowBound(sides[0], e.left) && isWindowBound(sides[1], e.right)),
  );
  const keys = { leftKeys: equal.map((e) => e.left), rightKeys: equal.map((e) => e.right) };
  const base = {
    kind: 'other' as const,
    joinType: relation.type,
    ...keys,
    leftColumns: relation.left.fields.map((f) => f.name),
    rightColumns: relation.right.fields.map((f) => f.name),
    ...(relation.nullAware ? { nullAware: true } : {}),
  };
  let spec: OtherSpec;
  let name: string;
  switch (kind.kind) {
    case 'window': {
      const { leftStart, leftEnd, rightStart, rightEnd, processingTime } = kind;
      spec = {
        ...base,
        transform: 'windowJoin',
        processingTime,
        leftStart,
        leftEnd,
        rightStart,
        rightEnd,
        ...on(relation.condition),
      };
      name = 'WindowJoin';
      break;
    }
    case 'interval': {
      const { leftTime, rightTime, lowerMs, upperMs, processingTime } = kind;
      spec = {
        ...base,
        transform: 'intervalJoin',
        processingTime,
        leftTime,
        rightTime,
        lowerMs,
        upperMs,
        ...on(kind.condition),
      };
      name = 'IntervalJoin';
      break;
    }
    case 'temporal': {
      const { timeColumn, processingTime, rightTime } = kind;
      spec = {
        ...base,
        transform: 'temporalJoin',
        processingTime,
        timeColumn,
        ...(rightTime ? { rightTime } : {}),
        rightUpdating: sides[1].updating,
        rightUnique: sides[1].keys.some((key) => key.every((k) => keys.rightKeys.includes(k))),
        rightBounded: isBounded(lowering, relation.right),
        ...on(relation.condition),
      };
      name = 'TemporalJoin';
      break;
    }
    default: {
      const unique = (side: 0 | 1, names: readonly string[]) =>
        sides[side].keys.find((key) => key.every((k) => names.includes(k))) !== undefined;
      spec = {
        ...base,
        transform: 'join',
        leftUnique: unique(0, keys.leftKeys),
        rightUnique: unique(1, keys.rightKeys),
        ...(sides[0].updating && sides[0].keys[0] ? { leftUpsertKey: sides[0].keys[0] } : {}),
        ...(sides[1].updating && sides[1].keys[0] ? { rightUpsertKey: sides[1].keys[0] } : {}),
        leftUpdating: sides[0].updating,
        rightUpdating: sides[1].updating,
        finalOnly: batch,
        ...(ttlMs && !batch ? { ttlMs } : {}),
        ...(relation.ttl?.leftMs === undefined || batch ? {} : { leftTtlMs: relation.ttl.leftMs }),
        ...(relation.ttl?.rightMs === undefined || batch ? {} : { rightTtlMs: relation.ttl.rightMs }),
        ...on(relation.condition),
      };
      name = 'Join';
    }
  }
  // NOT IN: one NULL on the right decides for all rows, so that all have to meet.
  const l = byKey(relation.nullAware ? [] : keys.leftKeys);
  const r = byKey(relation.nullAware ? [] : keys.rightKeys);
  return lowering.add('join', relation, {
    name: `${name}(${equal.map((e) => `${e.left} = ${e.right}`).join(', ') || 'no key'})`,
    spec,
    inputs: [edge(left, l.partitioning), edge(right, r.partitioning)],
    ...lowering.changes(relation),
    fields: relation.fields,
    parallelism: l.parallelism,
  });
}

function on(condition: Expr | undefined): { condition?: Expr } {
  return condition ? { condition } : {};
}

function isWindowBound(side: ReturnType<Lowering['traits']['of']>, name: string): boolean {
  const bounds = side.windowColumns;
  return bounds !== undefined && (bounds.start.includes(name) || bounds.end.includes(name));
}

function isBounded(lowering: Lowering, relation: Relation): boolean {
  if (relation.kind === 'scan') return lowering.options.bounded(relation.table.connector, relation.options);
  return inputsOf(relation).every((input) => isBounded(lowering, input));
}
