/** Transforms by the kind that a plan names. A new transform registers here. */
import { calc } from './calc.js';
import type { TransformFactory } from './contract.js';
import { userFunction } from './functions.js';
import { groupAggregate } from './group-aggregate.js';
import { regularJoin } from './join/regular.js';
import { processFunction } from './process.js';
import { union } from './union.js';
import { watermark } from './watermark.js';
import { windowAggregate } from './window-aggregate.js';

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
};
