/** JOIN … FOR SYSTEM_TIME AS OF: the right side as it was at the left row's time. */
import type { Join, TableRef } from '../ast/index.js';
import { unsupported } from '../error.js';
import type { BoundRelation } from './from.js';
import type { QueryBinder } from './query.js';

export function bindLookupOrTemporal(
  _binder: QueryBinder,
  _left: BoundRelation,
  _join: Join,
  right: TableRef,
): BoundRelation {
  throw unsupported('FOR SYSTEM_TIME AS OF', right.systemTime!.span);
}
