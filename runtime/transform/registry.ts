/** Transforms by the kind that a plan names. A new transform registers here. */
import { calc } from './calc.js';
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
import { drift } from './model/drift.js';
import { evaluate } from './model/evaluate.js';
import { learn } from './model/learn.js';
import { score } from './model/score.js';
import { deduplicate } from './order/deduplicate.js';
import { rank } from './order/rank.js';
import { sortLimit } from './order/sort-limit.js';
import { temporalSort } from './order/temporal-sort.js';
import { windowRank } from './order/window-rank.js';
import { over } from './over/index.js';
import { matchRecognize } from './pattern/match-recognize.js';
import { processFunction } from './process.js';
import { union } from './union.js';
import { unnest } from './unnest.js';
import { watermark } from './watermark.js';
import { windowAggregate } from './window-aggregate.js';
import { windowAssign } from './window-assign.js';

export const transforms: Readonly<Record<string, TransformFactory>> = {
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
  rank,
  windowRank,
  deduplicate,
  sortLimit,
  temporalSort,
  windowAssign,
  unnest,
  over,
  matchRecognize,
  score,
  learn,
  evaluate,
  drift,
};
