/**
 * Transforms by the kind that a plan names. A new transform registers here: among those that are loaded with the engine or, where few
 * jobs have it and it brings much, among those that are loaded when a plan names them.
 */
import { calc } from './calc.js';
import { fromChangelog, toChangelog } from './changelog/codes.js';
import { upsertMaterialize } from './changelog/materialize.js';
import { changelogNormalize } from './changelog/normalize.js';
import type { TransformFactory } from './contract.js';
import { userFunction } from './functions.js';
import { groupAggregate } from './group-aggregate.js';
import { intervalJoin } from './join/interval.js';
import { lookupJoin } from './join/lookup.js';
import { regularJoin } from './join/regular.js';
import { temporalJoin } from './join/temporal.js';
import { windowJoin } from './join/window.js';
import { deduplicate } from './order/deduplicate.js';
import { rank } from './order/rank.js';
import { sortLimit } from './order/sort-limit.js';
import { temporalSort } from './order/temporal-sort.js';
import { windowRank } from './order/window-rank.js';
import { over } from './over/index.js';
import { processFunction } from './process.js';
import { union } from './union.js';
import { unnest } from './unnest.js';
import { watermark } from './watermark.js';
import { windowAggregate } from './window-aggregate.js';
import { windowAssign } from './window-assign.js';

const PRESENT: Readonly<Record<string, TransformFactory>> = {
  calc,
  map: userFunction,
  filter: userFunction,
  flatMap: userFunction,
  process: processFunction,
  union,
  watermark,
  windowAggregate,
  groupAggregate,
  join: regularJoin,
  intervalJoin,
  windowJoin,
  temporalJoin,
  lookupJoin,
  changelogNormalize,
  upsertMaterialize,
  toChangelog,
  fromChangelog,
  rank,
  windowRank,
  deduplicate,
  sortLimit,
  temporalSort,
  windowAssign,
  unnest,
  over,
};

const LATE: Readonly<Record<string, () => Promise<TransformFactory>>> = {
  matchRecognize: async () => (await import('./pattern/match-recognize.js')).matchRecognize,
  score: async () => (await import('./model/score.js')).score,
  learn: async () => (await import('./model/learn.js')).learn,
  evaluate: async () => (await import('./model/evaluate.js')).evaluate,
  drift: async () => (await import('./model/drift.js')).drift,
};

export const TRANSFORM_NAMES: readonly string[] = [...Object.keys(PRESENT), ...Object.keys(LATE)].sort();

/** The transform of that kind, or undefined when there is none. */
export async function loadTransform(kind: string): Promise<TransformFactory | undefined> {
  if (Object.hasOwn(PRESENT, kind)) return PRESENT[kind];
  return Object.hasOwn(LATE, kind) ? LATE[kind]() : undefined;
}
